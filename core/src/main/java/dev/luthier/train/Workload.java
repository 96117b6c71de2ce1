package dev.luthier.train;

import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.util.Optional;

/**
 * What a run trains, and on what: all that decides its memory but the layout of its steps.
 *
 * @param model with the adapters; its {@link dev.luthier.model.Outline} will do
 * @param lora the adapters; empty when all weights are trained
 * @param quant how frozen matrices of linear layers are held; empty for the compute dtype
 * @param train the loop: which optimizer, and when it runs
 * @param dtype what the model computes in
 * @param length T of the longest batch
 * @param data bytes of rows and tokenizer in the process
 */
public record Workload(
    Transformer model,
    Optional<LoraSettings> lora,
    Optional<QuantSettings> quant,
    TrainSettings train,
    ComputeDtype dtype,
    int length,
    long data) {
  /** Bytes of a number that the model computes with. */
  int width() {
    return dtype == ComputeDtype.BFLOAT16 ? 2 : 4;
  }
}
