package dev.luthier.train;

import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.util.Optional;

/**
 * What a run trains, and on what: all that decides its memory but the layout of its steps.
 *
 * @param config of the model
 * @param lora the adapters; empty when all weights are trained
 * @param quant how frozen matrices of blocks are held; empty for the compute dtype
 * @param train the loop: which optimizer, and when it runs
 * @param dtype what the model computes in
 * @param length T of the longest batch
 * @param data bytes of rows and tokenizer in the process
 */
public record Workload(
    LlamaConfig config,
    Optional<LoraSettings> lora,
    Optional<QuantSettings> quant,
    TrainSettings train,
    ComputeDtype dtype,
    int length,
    long data) {}
