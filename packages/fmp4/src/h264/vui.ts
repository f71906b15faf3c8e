import type { BitReader } from '../bitstream/bit-reader.ts'
import { readVuiHead, type VuiDraft } from '../bitstream/vui.ts'

/**
 * Reads the VUI into `vui`, so that what came before damage is kept.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early.
 * @see ITU-T H.264 §E.1.1
 */
export function readVui(reader: BitReader, vui: VuiDraft): void {
  readVuiHead(reader, vui)
  if (reader.flag()) {
    const unitsInTick = reader.bits(32)
    const timeScale = reader.bits(32)
    reader.flag() // fixed_frame_rate_flag
    if (unitsInTick > 0 && timeScale > 0) vui.framesPerSecond = timeScale / (2 * unitsInTick)
  }
  const hasNalHrd = reader.flag()
  if (hasNalHrd) skipHrd(reader)
  const hasVclHrd = reader.flag()
  if (hasVclHrd) skipHrd(reader)
  if (hasNalHrd || hasVclHrd) reader.flag() // low_delay_hrd_flag
  reader.flag() // pic_struct_present_flag
  if (!reader.flag()) return
  reader.flag() // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) reader.ue()
  vui.maxReorderFrames = reader.ue()
}

function skipHrd(reader: BitReader): void {
  const count = reader.ue() + 1
  reader.bits(8) // scales
  for (let i = 0; i < count; i++) {
    reader.ue()
    reader.ue()
    reader.flag()
  }
  reader.bits(20) // lengths
}
