package dev.luthier.eval.reward;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.data.DataSettings;
import dev.luthier.data.Example;
import dev.luthier.data.RewardBatches;
import dev.luthier.data.Row;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.time.Clock;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;

/** A model with a head of one output, at work. For one thread. */
public final class RewardModel {
  /** oneDNN compiles and keeps a kernel for every new shape. */
  private static final int LENGTH_STEP = 16;

  private final BlockwiseStep step;
  private final RowEncoder encoder;
  private final RewardBatches batches;
  private final int batchSize;

  /**
   * A model.
   *
   * @param template as {@code data.template} names it
   * @param batchSize answers that go through the model together
   * @param name the model's, for messages
   * @throws LuthierException if its head does not give one number
   */
  public RewardModel(
      LoadedModel model, Tokenizer tokenizer, DataSettings template, int batchSize, String name) {
    int labels = HeadConfig.of(model.config()).map(h -> h.labels().size()).orElse(0);
    if (labels != 1) {
      throw new LuthierException(
          name
              + " gives no score: "
              + (labels == 0 ? "it has no head for one" : "it has " + labels + " labels")
              + ". Train a reward model with luthier reward. See docs/reward.md");
    }
    Transformer transformer = model.transformer();
    RewardInput input = RewardInput.of(model.config(), name, tokenizer);
    this.step = new BlockwiseStep(transformer, WeightSource.of(transformer));
    this.encoder = input.encoder(template, Clock.systemDefaultZone());
    this.batches = input.batches(LENGTH_STEP);
    this.batchSize = batchSize;
  }

  /**
   * An answer as the model reads it.
   *
   * @param answer a prompt with a completion, or a conversation that ends with the answer
   * @throws dev.luthier.data.RowRefused if it is none
   */
  public TokenSequence encode(int row, Example answer) {
    return encoder.encode(new Row(row, answer)).sequence();
  }

  /** The scores of these answers, in their order; those of like length go together. */
  public double[] scores(List<TokenSequence> answers) {
    int[] order =
        IntStream.range(0, answers.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> answers.get(i).length()))
            .mapToInt(i -> i)
            .toArray();
    double[] out = new double[answers.size()];
    for (int from = 0; from < order.length; from += batchSize) {
      int[] some = Arrays.copyOfRange(order, from, Math.min(order.length, from + batchSize));
      List<List<TokenSequence>> rows =
          Arrays.stream(some).mapToObj(i -> List.of(answers.get(i))).toList();
      try (PointerScope scope = new PointerScope()) {
        float[] scores = Tensors.toFloats(step.outputs(batches.make(rows, 0)));
        for (int i = 0; i < some.length; i++) {
          out[some[i]] = scores[i];
        }
      }
    }
    return out;
  }
}
