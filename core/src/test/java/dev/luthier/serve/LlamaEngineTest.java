package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.StopReason;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import dev.luthier.llamacpp.TinyGguf;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many texts at a time in llama.cpp, each as alone. */
class LlamaEngineTest {
  private static Path folder = Path.of("");
  private static EngineSettings settings;

  @BeforeAll
  static void write(@TempDir Path at) {
    folder = at;
    Path file = TinyGguf.model(folder.resolve("tiny.gguf"));
    TinyGguf.adapter(folder.resolve("one.gguf"), 1);
    TinyGguf.adapter(folder.resolve("two.gguf"), 2);
    settings =
        EngineSettings.of(file)
            .withDtype(ComputeDtype.FLOAT32)
            .withThreads(1)
            .withLimits(6, 1 << 20, 64, 2);
  }

  private static int[] prompt(int length, long seed) {
    return new SplittableRandom(seed).ints(length, 3, TinyGguf.VOCABULARY).toArray();
  }

  /** Greedily, one pass over everything for each token. */
  private static List<Integer> alone(int[] prompt, int count, Optional<String> adapter) {
    try (LlamaModel model = LlamaModel.open(settings.model());
        LlamaContext context = model.context(new LlamaSettings(256, 256, 1, 1, true))) {
      adapter.ifPresent(a -> context.use(model.adapter(folder.resolve(a + ".gguf")), 1));
      List<Integer> ids = new ArrayList<>();
      for (int id : prompt) {
        ids.add(id);
      }
      for (int i = 0; i < count; i++) {
        float[][] logits = context.logits(ids.stream().mapToInt(id -> id).toArray());
        float[] last = logits[logits.length - 1];
        int best = 0;
        for (int v = 1; v < last.length; v++) {
          best = last[v] > last[best] ? v : best;
        }
        ids.add(best);
        if (best == TinyGguf.END || best == TinyGguf.END_OF_TURN) {
          break;
        }
      }
      return ids.subList(prompt.length, ids.size());
    }
  }

  private static List<Integer> tokens(Asked asked) {
    List<Integer> ids = new ArrayList<>();
    for (int id : asked.get().tokens()) {
      ids.add(id);
    }
    return ids;
  }

  @Test
  void many_texts_with_and_without_adapters_are_as_each_alone() {
    Map<String, Path> adapters =
        Map.of("one", folder.resolve("one.gguf"), "two", folder.resolve("two.gguf"));
    try (Engine engine = Engines.open(settings.withAdapters(adapters))) {
      List<Optional<String>> names =
          List.of(Optional.empty(), Optional.of("one"), Optional.of("two"));
      List<Asked> asked = new ArrayList<>();
      for (int i = 0; i < 15; i++) {
        asked.add(
            Asked.of(engine, prompt(5 + 9 * i, i), GenerateSettings.greedy(12), names.get(i % 3)));
      }
      for (int i = 0; i < 15; i++) {
        assertThat(tokens(asked.get(i)))
            .as("text " + i)
            .isEqualTo(alone(prompt(5 + 9 * i, i), 12, names.get(i % 3)));
      }
      assertThat(alone(prompt(14, 1), 12, Optional.of("one")))
          .isNotEqualTo(alone(prompt(14, 1), 12, Optional.empty()));
      assertThat(engine.adapters()).extracting(EngineAdapter::rank).containsExactly(4, 4);
      engine.drain(Duration.ofSeconds(30));
      assertThat(engine.stats().requests()).isEqualTo(15);
    }
  }

  @Test
  void a_prompt_that_was_read_before_is_not_read_again_except_with_another_adapter() {
    try (Engine engine =
        Engines.open(settings.withAdapters(Map.of("one", folder.resolve("one.gguf"))))) {
      int[] prompt = prompt(40, 3);
      Asked first = Asked.of(engine, prompt, GenerateSettings.greedy(4));
      assertThat(first.get().cachedTokens()).isZero();
      Asked again = Asked.of(engine, prompt, GenerateSettings.greedy(4));
      assertThat(again.get().cachedTokens()).isEqualTo(39);
      assertThat(again.get().tokens()).isEqualTo(first.get().tokens());
      Asked other = Asked.of(engine, prompt, GenerateSettings.greedy(4), Optional.of("one"));
      assertThat(other.get().cachedTokens()).isZero();
      assertThat(engine.stats().promptTokens()).isEqualTo(40 + 1 + 40);
      assertThat(engine.stats().cachedTokens()).isEqualTo(39);
    }
  }

  @Test
  void where_the_cache_is_too_small_for_all_each_still_gets_its_answer() {
    // 256 bytes a token: room for 120 tokens, of texts of 50 each.
    try (Engine engine = Engines.open(settings.withLimits(4, 120 * 256, 64, 2))) {
      List<Asked> asked = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asked.add(Asked.of(engine, prompt(30, i), GenerateSettings.greedy(20)));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(tokens(asked.get(i))).isEqualTo(alone(prompt(30, i), 20, Optional.empty()));
      }
      assertThat(engine.contextLength()).isEqualTo(120);
      assertThatThrownBy(() -> Asked.of(engine, prompt(121, 1), GenerateSettings.greedy(1)))
          .isInstanceOf(LuthierException.class);
    }
  }

  @Test
  void a_cancelled_text_ends_and_the_others_go_on() {
    try (Engine engine = Engines.open(settings)) {
      Asked gone = Asked.of(engine, prompt(8, 1), GenerateSettings.greedy(240));
      gone.cancel();
      Asked stays = Asked.of(engine, prompt(9, 2), GenerateSettings.greedy(8));
      assertThat(gone.get().stopReason()).isEqualTo(StopReason.CANCELLED);
      assertThat(tokens(stays)).isEqualTo(alone(prompt(9, 2), 8, Optional.empty()));
    }
  }

  @Test
  void adapters_come_and_go_and_only_gguf_ones_fit() {
    try (Engine engine = Engines.open(settings)) {
      engine.loadAdapter("one", folder.resolve("one.gguf"));
      Asked long1 = Asked.of(engine, prompt(9, 2), GenerateSettings.greedy(60), Optional.of("one"));
      engine.unloadAdapter("one");
      assertThat(tokens(long1)).isEqualTo(alone(prompt(9, 2), 60, Optional.of("one")));
      assertThat(engine.adapters()).isEmpty();
      assertThatThrownBy(
              () -> Asked.of(engine, prompt(3, 1), GenerateSettings.greedy(1), Optional.of("one")))
          .hasMessageContaining("no adapter one");
      assertThatThrownBy(() -> engine.loadAdapter("x", folder.resolve("nothing")))
          .hasMessageContaining("export gguf-lora");
      assertThatThrownBy(() -> engine.loadAdapter("x", settings.model()))
          .isInstanceOf(LuthierException.class);
    }
  }

  @Test
  void embeddings_have_length_one_and_adapters_change_them() {
    try (Engine engine =
        Engines.open(settings.withAdapters(Map.of("one", folder.resolve("one.gguf"))))) {
      List<int[]> inputs = List.of(prompt(7, 1), prompt(11, 2));
      float[][] plain = engine.embed(inputs, Optional.empty());
      float[][] with = engine.embed(inputs, Optional.of("one"));
      double norm = 0;
      for (float x : plain[1]) {
        norm += x * (double) x;
      }
      assertThat(norm).isEqualTo(1, within(1e-5));
      assertThat(with[1]).isNotEqualTo(plain[1]);
      assertThat(engine.embed(inputs, Optional.empty())[0]).isEqualTo(plain[0]);
    }
  }

  @Test
  void a_full_queue_refuses_and_draining_answers_what_is_there() {
    try (Engine engine = Engines.open(settings.withLimits(1, 1 << 20, 1, 2))) {
      List<Asked> asked = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 50; i++) {
                  asked.add(Asked.of(engine, prompt(8, i), GenerateSettings.greedy(200)));
                }
              })
          .isInstanceOf(EngineBusyException.class);
      engine.drain(Duration.ofSeconds(30));
      asked.forEach(a -> assertThat(a.answer).isDone());
      assertThatThrownBy(() -> Asked.of(engine, prompt(3, 1), GenerateSettings.greedy(1)))
          .hasMessageContaining("shutting down");
    }
  }
}
