package dev.luthier.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaContextTest {
  private static final Offset<Float> CLOSE = within(1e-4f);

  private static Path file = Path.of("");

  @BeforeAll
  static void write(@TempDir Path folder) {
    file = TinyGguf.model(folder.resolve("tiny.gguf"));
  }

  private static int[] ids(int length) {
    return new SplittableRandom(length).ints(length, 3, TinyGguf.VOCABULARY).toArray();
  }

  @Test
  void sequences_of_one_batch_are_as_each_alone() {
    int[] ids = ids(24);
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext alone = model.context(LlamaSettings.exact(64));
        LlamaContext together = model.context(new LlamaSettings(128, 64, 3, 1, true))) {
      float[][] expected = alone.logits(ids);
      LlamaBatch batch = new LlamaBatch(64);
      for (int t = 0; t < 16; t++) {
        batch.add(ids[t], t, 1, false);
      }
      together.decode(batch);
      together.share(1, 2, 10);
      assertThat(together.used()).isEqualTo(16);
      batch.clear();
      int first = batch.add(ids[16], 16, 1, true);
      for (int t = 10; t < 20; t++) {
        batch.add(ids[t], t, 2, t == 19);
      }
      together.decode(batch);
      assertThat(together.logits(first)).containsExactly(expected[16], CLOSE);
      assertThat(together.logits(10)).containsExactly(expected[19], CLOSE);
      together.remove(1, 0, -1);
      assertThat(together.used()).isEqualTo(20);
    }
  }

  @Test
  void a_text_longer_than_a_batch_is_as_in_one() {
    int[] ids = ids(50);
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext one = model.context(LlamaSettings.exact(64));
        LlamaContext parts = model.context(new LlamaSettings(64, 7, 1, 2, true))) {
      float[][] expected = one.logits(ids);
      float[][] found = parts.logits(ids);
      for (int t = 0; t < ids.length; t++) {
        assertThat(found[t]).containsExactly(expected[t], CLOSE);
      }
    }
  }

  @Test
  void an_adapter_changes_what_follows_and_can_be_taken_off() {
    int[] ids = ids(9);
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext context = model.context(LlamaSettings.exact(64))) {
      float[] before = context.logits(ids)[8];
      LlamaAdapter adapter = model.adapter(TinyGguf.adapter(file.resolveSibling("a.gguf"), 1));
      context.use(adapter, 1);
      float[] with = context.logits(ids)[8];
      context.use(adapter, 0);
      assertThat(context.logits(ids)[8]).containsExactly(before, CLOSE);
      context.useNone();
      assertThat(context.logits(ids)[8]).containsExactly(before);
      assertThat(with[5]).isNotCloseTo(before[5], within(1e-3f));
    }
  }

  @Test
  void what_does_not_fit_is_refused() {
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext context = model.context(LlamaSettings.exact(32))) {
      assertThatThrownBy(() -> context.logits(ids(33)))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("33 tokens")
          .hasMessageContaining("context of 32");
      context.logits(ids(30));
      LlamaBatch more = new LlamaBatch(8);
      for (int t = 30; t < 38; t++) {
        more.add(5, t, 0, true);
      }
      assertThat(context.tryDecode(more)).isFalse();
      assertThat(context.used()).isEqualTo(30);
      context.remove(0, 20, -1);
      assertThat(context.tryDecode(more)).isTrue();
      assertThatThrownBy(() -> model.adapter(file))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("adapter");
    }
  }

  @Test
  void after_closing_every_call_is_refused_and_closing_again_does_nothing() {
    LlamaModel model = LlamaModel.open(file);
    LlamaContext context = model.context(LlamaSettings.exact(8));
    model.close();
    model.close();
    context.close();
    assertThatThrownBy(() -> context.logits(ids(3))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> model.tokenize("a", true, true))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void hidden_states_leave_the_context_fit_for_logits() {
    int[] ids = ids(12);
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext context = model.context(LlamaSettings.exact(64))) {
      float[][] before = context.logits(ids);
      float[][] states = context.hiddenStates(ids);
      assertThat(states).hasNumberOfRows(12);
      assertThat(states[0]).hasSize(model.hiddenSize());
      assertThat(context.logits(ids)[11]).containsExactly(before[11], CLOSE);
    }
  }
}
