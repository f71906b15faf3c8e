export { chooseProvider, nodeProvider } from './node/provider.ts'
