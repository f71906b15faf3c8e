export type { TestClip } from './memory-clip.ts'
export type { StepOptions, TestCamera, TestRecording } from './test-camera.ts'
export { startHub, type TestHub, type TestHubOptions, type TestPairing } from './test-hub.ts'
