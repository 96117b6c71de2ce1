package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Inference;
import dev.luthier.generate.Softmax;
import dev.luthier.generate.StopReason;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import dev.luthier.llamacpp.TinyGguf;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvPages;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.serve.EngineListener.ScoredToken;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.TinyLlama;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of prompts have the probabilities that one pass over the whole prompt gives them. */
class PromptScoresTest {
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);

  @TempDir private Path temp = Path.of("");

  private static int[] prompt(int length, long seed) {
    return new SplittableRandom(seed).ints(length, 3, 400).toArray();
  }

  private static Asked ask(Engine engine, int[] prompt, int count, PromptScores scores) {
    return Asked.of(
        engine,
        new EngineRequest(
            prompt, GenerateSettings.greedy(count), Optional.empty(), 3, Optional.empty(), scores));
  }

  /** (T, V) logits of one pass. */
  private static float[][] logits(int[] ids) {
    try (PointerScope scope = new PointerScope()) {
      int n = ids.length;
      long[] documents = new long[n];
      Arrays.fill(documents, 1);
      Pass pass = MODEL.pass(Places.whole(LongStream.range(0, n).toArray(), documents, 1, n));
      long[] longs = Arrays.stream(ids).asLongStream().toArray();
      var hidden = Inference.hidden(MODEL, MODEL.tokens(longs, 1, n), pass, List.of());
      float[] all = Tensors.toFloats(Inference.logits(MODEL, hidden.select(0, 0), pass));
      int width = all.length / n;
      float[][] rows = new float[n][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * width, (i + 1) * width));
      return rows;
    }
  }

  private static void check(Asked asked, int[] prompt, float[][] logits) {
    List<ScoredToken> heard = asked.prompt.orElseThrow();
    assertThat(heard).hasSize(prompt.length - 1);
    for (int i = 1; i < prompt.length; i++) {
      ScoredToken expected =
          LogProbabilities.of(prompt[i], logits[i - 1], Softmax.logSum(logits[i - 1]), 3);
      ScoredToken token = heard.get(i - 1);
      assertThat(token.id()).isEqualTo(prompt[i]);
      assertThat(token.logProbability()).isCloseTo(expected.logProbability(), within(1e-3f));
      assertThat(token.alternatives().get(0).logProbability())
          .isCloseTo(expected.alternatives().get(0).logProbability(), within(1e-3f));
      assertThat(token.alternatives())
          .extracting(ScoredToken::id)
          .containsExactlyElementsOf(
              expected.alternatives().stream().map(ScoredToken::id).toList());
    }
  }

  @Test
  void in_libtorch_whatever_others_have_read_and_wherever_pages_run_out() {
    EngineSettings settings = ServedModels.settings();
    long page = KvPages.bytes(new Forward(MODEL).sizes(), settings.dtype().scalarType());
    try (TorchEngine engine =
        ServedModels.engine(MODEL, settings.withLimits(64, 8 * page, 256, 4))) {
      List<Asked> asked = new ArrayList<>();
      int[] lengths = {1, 2, 16, 17, 50, 50, 40, 40, 30};
      for (int i = 0; i < lengths.length; i++) {
        Asked.of(engine, prompt(lengths[i], i / 2), GenerateSettings.greedy(40));
        asked.add(ask(engine, prompt(lengths[i], i / 2), 40, PromptScores.TOLD));
      }
      for (int i = 0; i < lengths.length; i++) {
        int[] prompt = prompt(lengths[i], i / 2);
        Asked one = asked.get(i);
        assertThat(one.get().tokens()).hasSize(40);
        assertThat(one.get().cachedTokens()).isZero();
        check(one, prompt, logits(prompt));
        Asked plain = Asked.of(engine, prompt, GenerateSettings.greedy(40));
        assertThat(plain.get().tokens()).isEqualTo(one.get().tokens());
        assertThat(plain.prompt).isEmpty();
      }
      assertThat(engine.preemptions()).isPositive();
    }
  }

  @Test
  void alone_they_need_no_room_for_an_answer_and_write_none() {
    try (TorchEngine engine = ServedModels.engine(MODEL)) {
      int[] prompt = prompt(engine.contextLength(), 1);
      Asked asked = ask(engine, prompt, 1, PromptScores.ONLY);
      assertThat(asked.get().tokens()).isEmpty();
      assertThat(asked.get().stopReason()).isEqualTo(StopReason.LENGTH);
      check(asked, prompt, logits(prompt));
      assertThat(engine.stats().generatedTokens()).isZero();
      assertThatThrownBy(() -> ask(engine, prompt, 1, PromptScores.TOLD))
          .isInstanceOf(LuthierException.class);
    }
  }

  @Test
  void in_llama_cpp() {
    Path file = TinyGguf.model(temp.resolve("tiny.gguf"));
    EngineSettings settings =
        EngineSettings.of(file).withDtype(ComputeDtype.FLOAT32).withThreads(1);
    int[] prompt = prompt(150, 2);
    float[][] logits;
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext context = model.context(new LlamaSettings(256, 256, 1, 1, true))) {
      logits = context.logits(prompt);
    }
    try (Engine engine = Engines.open(settings.withLimits(4, 1 << 20, 64, 2))) {
      Asked.of(engine, prompt, GenerateSettings.greedy(2)).get();
      Asked told = ask(engine, prompt, 2, PromptScores.TOLD);
      Asked only = ask(engine, prompt, 2, PromptScores.ONLY);
      assertThat(told.get().tokens()).isNotEmpty();
      check(told, prompt, logits);
      assertThat(only.get().tokens()).isEmpty();
      check(only, prompt, logits);
    }
  }
}
