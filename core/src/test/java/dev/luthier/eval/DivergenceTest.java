package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Evaluator;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.WeightSource;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static final int V = 40;

  private static Transformer model(int seed) {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,
             "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":40,
             "max_position_embeddings":256,"tie_word_embeddings":false,"initializer_range":0.3}
            """,
            "the test's configuration");
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).fresh(config, seed).transformer();
  }

  /** More than two chunks of them. */
  private static long[] ids() {
    long[] ids = new long[150];
    Arrays.setAll(ids, i -> (i * 17L + i * i) % V);
    return ids;
  }

  /** Log-probabilities of each place's next token, in double precision. */
  private static double[][] logProbs(Transformer model, long[] ids) {
    try (PointerScope scope = new PointerScope()) {
      long[] positions = new long[ids.length];
      Arrays.setAll(positions, i -> i);
      long[] documents = new long[ids.length];
      Arrays.fill(documents, 1);
      Pass pass = model.pass(Places.whole(positions, documents, 1, ids.length));
      float[] logits =
          Tensors.toFloats(
              Inference.logits(
                  model,
                  Inference.hidden(
                          model, Tensors.longs(ids, Device.CPU, 1, ids.length), pass, List.of())
                      .select(0, 0),
                  pass));
      double[][] out = new double[ids.length][V];
      for (int t = 0; t < ids.length; t++) {
        double sum = 0;
        for (int v = 0; v < V; v++) {
          sum += Math.exp(logits[t * V + v]);
        }
        for (int v = 0; v < V; v++) {
          out[t][v] = logits[t * V + v] - Math.log(sum);
        }
      }
      return out;
    }
  }

  @Test
  void it_is_the_formula_summed_by_hand() {
    long[] ids = ids();
    double[][] p = logProbs(model(1), ids);
    double[][] q = logProbs(model(2), ids);
    double kl = 0;
    double own = 0;
    double other = 0;
    for (int t = 0; t < ids.length - 1; t++) {
      for (int v = 0; v < V; v++) {
        kl += Math.exp(p[t][v]) * (p[t][v] - q[t][v]);
      }
      own -= p[t][(int) ids[t + 1]];
      other -= q[t][(int) ids[t + 1]];
    }
    int n = ids.length - 1;
    Divergence d = Divergence.of(ids, () -> model(1), () -> model(2));
    assertThat(d.tokens()).isEqualTo(n);
    assertThat(d.kl()).isCloseTo(kl / n, within(1e-4)).isGreaterThan(0.1);
    assertThat(d.first()).isCloseTo(Math.exp(own / n), within(1e-3));
    assertThat(d.second()).isCloseTo(Math.exp(other / n), within(1e-3));
  }

  /** The encoder reads the text, and the decoder what it has of it so far. */
  @Test
  void of_a_model_with_an_encoder_the_decoder_predicts_the_text() {
    Supplier<Transformer> t5 = () -> TinyEncoders.fresh(TinyEncoders.t5(false, V)).transformer();
    long[] ids = ids();
    int last = ids.length - 1;
    long[] tokens = LongStream.concat(Arrays.stream(ids), Arrays.stream(ids, 0, last)).toArray();
    long[] labels = new long[tokens.length];
    Arrays.fill(labels, TokenSequence.IGNORED);
    System.arraycopy(ids, 1, labels, ids.length, last);
    long[] ones = new long[tokens.length];
    Arrays.fill(ones, 1);
    float[] weights = new float[tokens.length];
    Arrays.fill(weights, 1);
    Batch batch =
        new Batch(
            1,
            tokens.length,
            tokens,
            labels,
            new long[tokens.length],
            ones,
            weights,
            new int[][] {{1}},
            new Batch.Form(true, ids.length, null));
    Transformer model = t5.get();
    double loss =
        new Evaluator(new BlockwiseStep(model, WeightSource.of(model)))
            .score(List.of(batch))
            .perToken();
    Divergence d = Divergence.of(ids, t5, t5);
    assertThat(d.kl()).isZero();
    assertThat(Math.log(d.first())).isCloseTo(loss, within(1e-4));
  }

  @Test
  void a_model_does_not_differ_from_itself() {
    Divergence d = Divergence.of(ids(), () -> model(1), () -> model(1));
    assertThat(d.kl()).isZero();
    assertThat(d.first()).isCloseTo(d.second(), within(1e-9));
  }
}
