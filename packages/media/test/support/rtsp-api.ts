// What the tests of RTSP use. With these names in the index of the package, it is '@hksv/media'.
// @ts-expect-error TS2878: the sources are another project, which matters only where code is emitted
export * from '../../src/rtsp/index.ts'
