import type { BitReader } from '../bitstream/bit-reader.ts'
import { readVuiHead, type VuiDraft } from '../bitstream/vui.ts'
import { Fmp4Error } from '../errors.ts'
import { skipReferencePictureSets } from './reference-picture-sets.ts'

/** What is read of an SPS behind the bit depths; filled step by step, so that damage keeps the rest. */
export interface SpsTail {
  maxReorderPictures?: number
  readonly vui: VuiDraft
}

/**
 * Reads an SPS from behind the bit depths to the timing in its VUI.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early, or holds what no SPS can.
 * @see ITU-T H.265 §7.3.2.2.1
 */
export function readSpsTail(reader: BitReader, maxSubLayersMinus1: number, tail: SpsTail): void {
  const log2MaxPicOrderCntLsb = reader.ue() + 4
  if (log2MaxPicOrderCntLsb > 16)
    throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'picture order counts over 16 bits' })
  const hasAllSubLayers = reader.flag()
  for (let i = hasAllSubLayers ? 0 : maxSubLayersMinus1; i <= maxSubLayersMinus1; i++) {
    reader.ue() // sps_max_dec_pic_buffering_minus1
    tail.maxReorderPictures = reader.ue()
    reader.ue() // sps_max_latency_increase_plus1
  }
  for (let i = 0; i < 6; i++) reader.ue() // block sizes and transform depths
  if (reader.flag() && reader.flag()) skipScalingLists(reader)
  reader.bits(2) // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.flag()) skipPcm(reader)
  skipReferencePictureSets(reader, log2MaxPicOrderCntLsb)
  reader.bits(2) // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  if (reader.flag()) readVui(reader, tail.vui)
}

/** Reads a VUI up to its timing; nobody needs the rest. @see ITU-T H.265 §E.2.1 */
function readVui(reader: BitReader, vui: VuiDraft): void {
  readVuiHead(reader, vui)
  reader.bits(3) // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue() // default display window
  if (!reader.flag()) return
  const unitsInTick = reader.bits(32)
  const timeScale = reader.bits(32)
  if (unitsInTick > 0 && timeScale > 0) vui.framesPerSecond = timeScale / unitsInTick
}

/** @see ITU-T H.265 §7.3.4 */
function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++)
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue() // scaling_list_pred_matrix_id_delta
        continue
      }
      if (size > 1) reader.se() // the DC coefficient
      for (let i = Math.min(64, 16 << (2 * size)); i > 0; i--) reader.se()
    }
}

function skipPcm(reader: BitReader): void {
  reader.bits(8) // bit depths
  reader.ue() // block sizes
  reader.ue()
  reader.flag() // pcm_loop_filter_disabled_flag
}
