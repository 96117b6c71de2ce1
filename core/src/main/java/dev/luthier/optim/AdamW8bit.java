package dev.luthier.optim;

import dev.luthier.format.DType;
import dev.luthier.quant.Blockwise8;
import dev.luthier.quant.DynamicMap;
import dev.luthier.quant.TensorBlockwise8;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * AdamW whose two moments are kept in 8 bits: Dettmers et al., "8-bit Optimizers via Block-wise
 * Quantization", arXiv 2110.02861, with bitsandbytes' maps (signed for the mean, unsigned for the
 * mean square) and a float32 scale for 256 weights. An update is made in float32, with moments that
 * are not yet rounded.
 *
 * @param full the update
 */
public record AdamW8bit(AdamW full) implements UpdateRule {
  @Override
  public List<Slot> slots(long... shape) {
    List<Long> sizes = Arrays.stream(shape).boxed().toList();
    List<Long> blocks = List.of(TensorBlockwise8.blocks(StateLayout.elements(shape)));
    int block = Blockwise8.BLOCK_SIZE;
    return List.of(
        new Slot("exp_avg", DType.U8, sizes, 1),
        new Slot("exp_avg.absmax", DType.F32, blocks, block),
        new Slot("exp_avg_sq", DType.U8, sizes, 1),
        new Slot("exp_avg_sq.absmax", DType.F32, blocks, block));
  }

  @Override
  public void update(Tensor p, Tensor g, List<Tensor> state, Step step) {
    Tensor m = torch.empty_like(p);
    Tensor v = torch.empty_like(p);
    TensorBlockwise8.dequantize(state.get(0), state.get(1), DynamicMap.signed(), m);
    TensorBlockwise8.dequantize(state.get(2), state.get(3), DynamicMap.unsigned(), v);
    full.update(p, g, List.of(m, v), step);
    TensorBlockwise8.quantize(m, DynamicMap.signed(), state.get(0), state.get(1));
    TensorBlockwise8.quantize(v, DynamicMap.unsigned(), state.get(2), state.get(3));
  }

  @Override
  public long workingBytes(long... shape) {
    return 2 * Float.BYTES * StateLayout.of(this, shape).slice();
  }
}
