package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyEncoders;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of models with an encoder and a decoder. */
class SourceTargetGenerationTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();

  private static Transformer t5(boolean first) {
    return TinyEncoders.fresh(TinyEncoders.t5(first, 400)).transformer();
  }

  private static int[] prompt(int length, long seed) {
    return new SplittableRandom(seed).ints(length, 3, 400).toArray();
  }

  /** The best next token by passes over the whole prompt and answer, without a cache. */
  private static int[] withoutCache(Transformer model, int[] prompt, int count) {
    int[] answer = new int[count + 1];
    for (int at = 1; at <= count; at++) {
      try (PointerScope scope = new PointerScope()) {
        int length = prompt.length + at;
        long[] tokens =
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer).limit(at))
                .asLongStream()
                .toArray();
        long[] documents = new long[length];
        Arrays.fill(documents, 1);
        Places places = Places.whole(new long[length], documents, 1, length);
        Pass pass = model.pass(places.withSource(prompt.length));
        Tensor x =
            Inference.hidden(model, Tensors.longs(tokens, Device.CPU, 1, length), pass, List.of());
        Tensor last = x.select(1, length - 1);
        answer[at] = Softmax.best(Tensors.toFloats(Inference.logits(model, last, pass)));
      }
    }
    return Arrays.copyOfRange(answer, 1, answer.length);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cached_decoding_equals_whole_passes_alone_in_batches_and_one_after_another(boolean first) {
    Transformer model = t5(first);
    Generator generator = new Generator(model, TOKENIZER, Set.of());
    List<GenerateRequest> requests =
        IntStream.range(0, 4)
            .mapToObj(
                i -> new GenerateRequest(prompt(3 + 7 * i, i), GenerateSettings.greedy(6 + 5 * i)))
            .toList();
    List<Generation> batched = generator.generate(requests, 4, GenerateListener.NONE, () -> false);
    try (PromptCache cache = new PromptCache(model)) {
      for (int i = 0; i < 4; i++) {
        int[] expected = withoutCache(model, requests.get(i).prompt(), 6 + 5 * i);
        assertThat(batched.get(i).tokens()).as("row %d", i).isEqualTo(expected);
        assertThat(generator.generate(requests.get(i)).tokens()).isEqualTo(expected);
        Generation next =
            generator.generate(requests.get(i), cache, GenerateListener.NONE, () -> false);
        assertThat(next.tokens()).isEqualTo(expected);
        assertThat(next.promptTokens()).isEqualTo(3 + 7 * i);
      }
    }
  }

  @Test
  void encoders_write_no_text() {
    Transformer bert = TinyEncoders.fresh(TinyEncoders.bert(400)).transformer();
    assertThatThrownBy(() -> new Generator(bert, TOKENIZER, Set.of()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("luthier fill-mask")
        .hasMessageContaining("docs/troubleshooting.md#writes-no-text");
  }

  @Test
  void only_encoders_fill_masks() {
    assertThatThrownBy(() -> new FillMask(t5(true), TOKENIZER))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("this model writes text")
        .hasMessageContaining("docs/fill-mask.md");
  }
}
