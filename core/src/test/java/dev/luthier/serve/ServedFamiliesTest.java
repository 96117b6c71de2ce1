package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generator;
import dev.luthier.generate.Inference;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine writes is what the generator writes, whatever a family asks of attention. */
class ServedFamiliesTest {
  static Stream<String> decoders() {
    return TinyConfigs.all().keySet().stream()
        .filter(
            setting -> {
              ObjectNode config = TinyConfigs.get(setting);
              return !TinyConfigs.isEncoder(config);
            });
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void texts_are_the_generators(String setting) throws Exception {
    Transformer model = TinyModels.full(TinyConfigs.get(setting)).transformer();
    same(model);
    try (AutoCloseable without = Kernels.suspended()) {
      same(model);
    }
  }

  @Test
  void positions_that_change_with_a_texts_length_are_the_generators_too() {
    ObjectNode config = TinyConfigs.of(DYNAMIC);
    Transformer model = TinyModels.full(config).transformer();
    Generator generator = new Generator(model, ServedModels.LANGUAGE.tokenizer(), Set.of());
    GenerateSettings past = GenerateSettings.greedy(12).withExceedContext(true);
    int[] lengths = {5, 28, 40}; // within 32 positions, into what lies past them, and past them
    List<Asked> asked = new ArrayList<>();
    try (Engine engine = ServedModels.engine(model)) {
      for (int length : lengths) {
        int[] prompt = new SplittableRandom(length).ints(length, 0, 40).toArray();
        asked.add(Asked.of(engine, prompt, past));
      }
      for (int i = 0; i < lengths.length; i++) {
        int[] prompt = new SplittableRandom(lengths[i]).ints(lengths[i], 0, 40).toArray();
        assertThat(asked.get(i).get().tokens())
            .isEqualTo(generator.generate(new GenerateRequest(prompt, past)).tokens());
      }
    }
  }

  private static final String DYNAMIC =
      "model_type: llama, vocab_size: 40, hidden_size: 24, intermediate_size: 20,"
          + " num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2,"
          + " max_position_embeddings: 32, rope_scaling: {type: dynamic, factor: 2.0}";

  private static void same(Transformer model) {
    Generator generator = new Generator(model, ServedModels.LANGUAGE.tokenizer(), Set.of());
    SplittableRandom random = new SplittableRandom(4);
    int[] lengths = {1, 3, 16, 17, 33, 45, 7, 20};
    List<Asked> asked = new ArrayList<>();
    List<int[]> expected = new ArrayList<>();
    try (Engine engine = ServedModels.engine(model)) {
      for (int i = 0; i < lengths.length; i++) {
        int[] prompt = random.ints(lengths[i], 0, 40).toArray();
        GenerateSettings settings =
            i % 2 == 0
                ? GenerateSettings.greedy(12)
                : GenerateSettings.greedy(14)
                    .withSampling(SamplingSettings.sampling(0.8))
                    .withSeed(i);
        expected.add(generator.generate(new GenerateRequest(prompt, settings)).tokens());
        asked.add(Asked.of(engine, prompt, settings));
      }
      for (int i = 0; i < lengths.length; i++) {
        assertThat(asked.get(i).get().tokens())
            .as("prompt of " + lengths[i])
            .isEqualTo(expected.get(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert"})
  void an_encoders_embedding_is_the_mean_of_its_last_block(String family) {
    ObjectNode config =
        TinyConfigs.families().values().stream()
            .filter(c -> c.path("model_type").asText().equals(family))
            .findFirst()
            .orElseThrow();
    Transformer model = TinyModels.full(config).transformer();
    int[] ids = {5, 9, 11, 7};
    float[] expected = mean(model, ids);
    try (Engine engine = ServedModels.engine(model)) {
      assertThat(engine.embed(List.of(ids), Optional.empty())[0])
          .containsExactly(expected, within(1e-5f));
    }
  }

  /** What sentence-transformers computes: the head that guesses words has no part in it. */
  private static float[] mean(Transformer model, int[] ids) {
    try (PointerScope scope = new PointerScope()) {
      long[] tokens = Arrays.stream(ids).asLongStream().toArray();
      long[] documents = new long[ids.length];
      Arrays.fill(documents, 1);
      Places places =
          Places.whole(LongStream.range(0, ids.length).toArray(), documents, 1, ids.length);
      Tensor x =
          Inference.hidden(
              model, model.tokens(tokens, 1, ids.length), model.pass(places), List.of());
      Tensor sum = x.select(0, 0).sum(0);
      return Tensors.toFloats(sum.div(sum.norm(Tensors.scalar(2))));
    }
  }
}
