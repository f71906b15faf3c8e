export { HdsError, type HdsErrorCode, hdsErrors, isHdsError } from './errors.ts'
