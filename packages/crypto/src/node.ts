export { chooseProvider } from './node/choose.ts'
export { nodeProvider } from './node/provider.ts'
