package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyLlama;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class GeneratorTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);
  private static final Generator GENERATOR = new Generator(MODEL, TOKENIZER, Set.of());

  private static int[] prompt(int length, long seed) {
    return new SplittableRandom(seed).ints(length, 3, 400).toArray();
  }

  private static GenerateRequest greedy(int[] prompt, int count) {
    return new GenerateRequest(prompt, GenerateSettings.greedy(count));
  }

  /** The best next token by a pass over the whole text, without a cache. */
  private static int[] withoutCache(int[] prompt, int count) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + count);
    for (int at = prompt.length; at < ids.length; at++) {
      try (PointerScope scope = new PointerScope()) {
        long[] tokens = Arrays.stream(ids).limit(at).asLongStream().toArray();
        long[] positions = LongStream.range(0, at).toArray();
        long[] documents = new long[at];
        Arrays.fill(documents, 1);
        Pass pass = MODEL.pass(Places.whole(positions, documents, 1, at));
        Tensor x =
            Inference.hidden(MODEL, Tensors.longs(tokens, Device.CPU, 1, at), pass, List.of());
        ids[at] =
            Softmax.best(Tensors.toFloats(Inference.logits(MODEL, x.select(1, at - 1), pass)));
      }
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }

  @Test
  void cached_decoding_equals_whole_passes() {
    int[] prompt = prompt(9, 1);
    assertThat(GENERATOR.generate(greedy(prompt, 20)).tokens()).isEqualTo(withoutCache(prompt, 20));
  }

  @Test
  void a_batch_gives_what_each_prompt_alone_gives() {
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      GenerateSettings settings =
          GenerateSettings.greedy(5 + 3 * i)
              .withSampling(i % 2 == 0 ? SamplingSettings.greedy() : SamplingSettings.sampling(0.7))
              .withSeed(i);
      requests.add(new GenerateRequest(prompt(3 + 5 * (i % 4), i), settings));
    }
    List<Generation> batched = GENERATOR.generate(requests, 4, GenerateListener.NONE, () -> false);
    for (int i = 0; i < requests.size(); i++) {
      Generation alone = GENERATOR.generate(requests.get(i));
      assertThat(batched.get(i).tokens()).as("row %d", i).isEqualTo(alone.tokens());
      assertThat(batched.get(i).text()).isEqualTo(alone.text());
      assertThat(alone.tokens()).hasSize(5 + 3 * i);
      assertThat(alone.stopReason()).isEqualTo(StopReason.LENGTH);
    }
  }

  @Test
  void left_padding_changes_no_score() {
    int[] prompt = prompt(6, 2);
    float[] alone;
    float[] padded;
    try (Decoding one = new Decoding(MODEL);
        Decoding two = new Decoding(MODEL)) {
      alone = one.start(List.of(prompt))[0];
      padded = two.start(List.of(prompt(15, 9), prompt))[1];
    }
    assertThat(padded).containsExactly(alone, Offset.offset(1e-4f));
  }

  @Test
  void a_long_prompt_read_in_chunks_gives_the_same_scores() {
    int[][] prompts = new int[40][];
    Arrays.setAll(prompts, i -> prompt(100, i));
    try (Decoding chunked = new Decoding(MODEL);
        Decoding whole = new Decoding(MODEL)) {
      float[][] scores = chunked.start(List.of(prompts)); // 40 x 100 tokens: chunks of 32
      assertThat(scores[7])
          .containsExactly(whole.start(List.of(prompts[7]))[0], Offset.offset(1e-4f));
    }
  }

  @Test
  void seeds_decide_what_is_drawn() {
    GenerateSettings settings =
        GenerateSettings.greedy(12).withSampling(SamplingSettings.sampling(1));
    int[] prompt = prompt(4, 1);
    int[] first = GENERATOR.generate(new GenerateRequest(prompt, settings.withSeed(1))).tokens();
    assertThat(GENERATOR.generate(new GenerateRequest(prompt, settings.withSeed(1))).tokens())
        .isEqualTo(first);
    assertThat(GENERATOR.generate(new GenerateRequest(prompt, settings.withSeed(2))).tokens())
        .isNotEqualTo(first);
  }

  @Test
  void any_stop_id_ends_the_text_and_is_its_last_token() {
    int[] prompt = prompt(5, 4);
    int[] free = GENERATOR.generate(greedy(prompt, 10)).tokens();
    Generator stopping = new Generator(MODEL, TOKENIZER, Set.of(free[3], 399_999));
    Generation stopped = stopping.generate(greedy(prompt, 10));
    int first = 0;
    while (free[first] != free[3]) {
      first++;
    }
    assertThat(stopped.tokens()).isEqualTo(Arrays.copyOf(free, first + 1));
    assertThat(stopped.stopReason()).isEqualTo(StopReason.STOP);
    assertThat(stopped.promptTokens()).isEqualTo(5);
  }

  @Test
  void a_stop_string_that_spans_tokens_ends_the_text_before_it() {
    int[] prompt = prompt(5, 4);
    StringBuilder streamed = new StringBuilder();
    Generation free = GENERATOR.generate(greedy(prompt, 30));
    String text = free.text();
    String stop = text.substring(text.length() / 2 - 3, text.length() / 2 + 3);
    Generation stopped =
        GENERATOR.generate(
            new GenerateRequest(prompt, GenerateSettings.greedy(30).withStop(stop)),
            (request, id, piece) -> streamed.append(piece),
            () -> false);
    assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    assertThat(streamed.toString()).isEqualTo(stopped.text());
    assertThat(stopped.stopReason()).isEqualTo(StopReason.STOP);
    assertThat(stopped.tokens().length).isLessThan(30);
  }

  @Test
  void streamed_pieces_together_are_the_text() {
    StringBuilder streamed = new StringBuilder();
    Generation all =
        GENERATOR.generate(
            greedy(prompt(5, 6), 40), (request, id, piece) -> streamed.append(piece), () -> false);
    assertThat(streamed.toString()).isEqualTo(all.text());
    assertThat(all.text()).isEqualTo(TOKENIZER.decode(all.tokens(), true));
  }

  @Test
  void generation_ends_where_the_context_does_unless_told_otherwise() {
    int[] prompt = prompt(120, 7);
    Generation full = GENERATOR.generate(greedy(prompt, 50));
    assertThat(full.tokens()).hasSize(8);
    assertThat(full.stopReason()).isEqualTo(StopReason.CONTEXT).hasToString("context");
    GenerateSettings beyond = GenerateSettings.greedy(50).withExceedContext(true);
    assertThat(GENERATOR.generate(new GenerateRequest(prompt, beyond)).tokens()).hasSize(50);
  }

  @Test
  void prompts_that_cannot_be_continued_are_all_named_before_anything_runs() {
    List<GenerateRequest> requests =
        List.of(
            greedy(prompt(128, 1), 5),
            greedy(prompt(3, 1), 5),
            greedy(new int[0], 5),
            greedy(new int[] {7, 400}, 5));
    assertThatThrownBy(
            () ->
                GENERATOR.generate(
                    requests,
                    4,
                    (request, id, text) -> {
                      throw new AssertionError("ran");
                    },
                    () -> false))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("prompt 1 has 128 tokens")
        .hasMessageContaining("prompt 3 has no tokens")
        .hasMessageContaining("prompt 4 has token id 400");
  }

  @Test
  void cancelling_keeps_what_there_is() {
    int[] calls = {0};
    Generation cut =
        GENERATOR.generate(greedy(prompt(5, 1), 30), GenerateListener.NONE, () -> calls[0]++ == 4);
    assertThat(cut.tokens()).hasSize(4);
    assertThat(cut.stopReason()).isEqualTo(StopReason.CANCELLED);
    int[] steps = {0};
    List<Generation> batch =
        GENERATOR.generate(
            List.of(greedy(prompt(5, 1), 30), greedy(prompt(7, 1), 2), greedy(prompt(9, 1), 9)),
            2,
            GenerateListener.NONE,
            () -> steps[0]++ >= 3);
    assertThat(batch).extracting(g -> g.tokens().length).containsExactly(3, 2, 0);
    assertThat(batch.get(2).stopReason()).isEqualTo(StopReason.CANCELLED);
  }

  @Test
  void cached_decoding_with_an_adapter_equals_a_whole_pass() {
    Transformer adapted = TinyLlama.lora(3, LoraSettings.defaults());
    int[] ids = new SplittableRandom(8).ints(20, 0, 40).toArray();
    try (Decoding cached = new Decoding(adapted);
        Decoding whole = new Decoding(adapted);
        Decoding base = new Decoding(TinyLlama.full(3))) {
      float[] scores = cached.start(List.of(Arrays.copyOf(ids, 5)))[0];
      for (int i = 5; i < ids.length; i++) {
        scores = cached.next(new int[] {ids[i]})[0];
      }
      assertThat(scores).containsExactly(whole.start(List.of(ids))[0], Offset.offset(1e-4f));
      assertThat(scores).isNotEqualTo(base.start(List.of(ids))[0]);
    }
  }

  @Test
  void a_prompt_cache_gives_the_same_text_while_reading_less() {
    int[] first = prompt(20, 1);
    try (PromptCache cache = new PromptCache(MODEL)) {
      Generation answer =
          GENERATOR.generate(greedy(first, 6), cache, GenerateListener.NONE, () -> false);
      int[] second = Arrays.copyOf(first, 40);
      System.arraycopy(answer.tokens(), 0, second, 20, 6);
      Arrays.fill(second, 26, 40, 5);
      assertThat(cache.common(second)).isEqualTo(25); // the last token was never read
      assertThat(
              GENERATOR
                  .generate(greedy(second, 9), cache, GenerateListener.NONE, () -> false)
                  .tokens())
          .isEqualTo(GENERATOR.generate(greedy(second, 9)).tokens());
      int[] other = prompt(15, 3);
      assertThat(
              GENERATOR
                  .generate(greedy(other, 9), cache, GenerateListener.NONE, () -> false)
                  .tokens())
          .isEqualTo(GENERATOR.generate(greedy(other, 9)).tokens());
    }
  }

  @Test
  void leaves_no_native_object_behind() {
    List<GenerateRequest> three =
        List.of(greedy(prompt(5, 1), 3), greedy(prompt(7, 1), 9), greedy(prompt(9, 1), 9));
    assertThat(NativeObjects.leftBehindBy(() -> GENERATOR.generate(three.get(0)))).isZero();
    long batched =
        NativeObjects.leftBehindBy(
            () -> GENERATOR.generate(three, 3, GenerateListener.NONE, () -> false));
    assertThat(batched).isZero();
  }

  @Test
  void two_caches_per_block_and_nothing_else_live_from_token_to_token() {
    List<Long> during = new ArrayList<>();
    GENERATOR.generate(
        greedy(prompt(5, 1), 30),
        (request, id, text) -> during.add(Pointer.totalCount()),
        () -> false);
    assertThat(during).isSortedAccordingTo(Comparator.reverseOrder()); // see NativeObjects
  }
}
