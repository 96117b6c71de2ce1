package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generator;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.generate.StopReason;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvPages;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.TinyLlama;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TorchEngineTest {
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);
  private static final Generator GENERATOR =
      new Generator(MODEL, ServedModels.LANGUAGE.tokenizer(), Set.of());

  private static int[] prompt(int length, long seed) {
    return new SplittableRandom(seed).ints(length, 3, 400).toArray();
  }

  private static GenerateSettings sampled(int count, long seed) {
    return GenerateSettings.greedy(count)
        .withSampling(SamplingSettings.sampling(0.9))
        .withSeed(seed);
  }

  private static int[] alone(int[] prompt, GenerateSettings settings) {
    return GENERATOR.generate(new GenerateRequest(prompt, settings)).tokens();
  }

  /** Room for so many pages. */
  private static EngineSettings pages(int count) {
    try (TorchEngine probe = ServedModels.engine(MODEL)) {
      long page =
          KvPages.bytes(new Forward(MODEL).sizes(), ServedModels.settings().dtype().scalarType());
      assertThat(probe.stats().cachePages()).isPositive();
      return ServedModels.settings().withLimits(64, count * page, 256, 4);
    }
  }

  @Test
  void requests_of_many_threads_are_answered_as_if_alone() throws InterruptedException {
    int threads = 8;
    List<Asked> asked = new ArrayList<>();
    try (Engine engine = ServedModels.engine(MODEL)) {
      for (int i = 0; i < 4 * threads; i++) {
        asked.add(new Asked());
      }
      List<Thread> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int first = 4 * t;
        all.add(
            new Thread(
                () -> {
                  for (int i = first; i < first + 4; i++) {
                    engine.submit(
                        new EngineRequest(
                            prompt(1 + i, i),
                            sampled(5 + i, i),
                            Optional.empty(),
                            -1,
                            Optional.empty()),
                        asked.get(i));
                  }
                }));
      }
      all.forEach(Thread::start);
      for (Thread thread : all) {
        thread.join();
      }
      for (int i = 0; i < asked.size(); i++) {
        Asked one = asked.get(i);
        assertThat(one.get().tokens()).isEqualTo(alone(prompt(1 + i, i), sampled(5 + i, i)));
        assertThat(one.get().promptTokens()).isEqualTo(1 + i);
        assertThat(one.get().stopReason()).isEqualTo(StopReason.LENGTH);
        assertThat(one.text.toString()).isEqualTo(one.get().text());
        assertThat(one.tokens.stream().mapToInt(EngineListener.ScoredToken::id).toArray())
            .isEqualTo(one.get().tokens());
      }
      EngineStats stats = engine.stats();
      assertThat(stats.requests()).isEqualTo(asked.size());
      assertThat(stats.generatedTokens())
          .isEqualTo(IntStream.range(0, asked.size()).map(i -> 5 + i).sum());
      assertThat(stats.promptTokens() + stats.cachedTokens())
          .isEqualTo(IntStream.range(0, asked.size()).map(i -> 1 + i).sum());
    }
  }

  @Test
  void what_finds_no_pages_waits_and_is_computed_anew() {
    try (TorchEngine engine = ServedModels.engine(MODEL, pages(6))) {
      assertThat(engine.contextLength())
          .isEqualTo(Math.min(6 * KvPages.TOKENS, MODEL.shape().maxPositions()));
      List<Asked> asked = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        asked.add(Asked.of(engine, prompt(10, i), sampled(50, i)));
      }
      for (int i = 0; i < 6; i++) {
        assertThat(asked.get(i).get().tokens()).isEqualTo(alone(prompt(10, i), sampled(50, i)));
      }
      assertThat(engine.preemptions()).isPositive();
      assertThat(engine.stats().cacheUsed()).isLessThanOrEqualTo(6);
      assertThatThrownBy(() -> Asked.of(engine, prompt(96, 1), sampled(1, 1)))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("leaves no room for an answer");
    }
  }

  @Test
  void texts_that_begin_alike_share_pages() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      int[] first = prompt(50, 1);
      int[] second = first.clone();
      second[40] = 3; // in the third page
      assertThat(Asked.of(engine, first, sampled(3, 1)).get().cachedTokens()).isZero();
      EngineListener.Answer same = Asked.of(engine, first, sampled(3, 2)).get();
      assertThat(same.cachedTokens()).isEqualTo(48);
      assertThat(same.tokens()).isEqualTo(alone(first, sampled(3, 2)));
      EngineListener.Answer other = Asked.of(engine, second, sampled(3, 3)).get();
      assertThat(other.cachedTokens()).isEqualTo(32);
      assertThat(other.tokens()).isEqualTo(alone(second, sampled(3, 3)));
      assertThat(engine.stats().promptTokens()).isEqualTo(50 + 2 + 18);
      assertThat(engine.stats().cachedTokens()).isEqualTo(80);
    }
  }

  @Test
  void one_of_many_equal_prompts_is_read_for_all() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      int[] prompt = prompt(49, 1);
      List<Asked> asked = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asked.add(Asked.of(engine, prompt, sampled(6, i)));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(asked.get(i).get().tokens()).isEqualTo(alone(prompt, sampled(6, i)));
      }
      assertThat(engine.stats().promptTokens()).isEqualTo(49 + 7);
    }
  }

  @Test
  void a_cancelled_request_ends_and_others_go_on() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      Asked kept = Asked.of(engine, prompt(5, 1), sampled(60, 1));
      Asked given = new Asked();
      CountDownLatch begun = new CountDownLatch(1);
      Engine.Cancellation cancellation =
          engine.submit(
              new EngineRequest(
                  prompt(5, 2), sampled(100, 2), Optional.empty(), -1, Optional.empty()),
              new EngineListener() {
                @Override
                public void token(ScoredToken token, String text) {
                  begun.countDown();
                }

                @Override
                public void ended(Answer answer) {
                  given.ended(answer);
                }

                @Override
                public void failed(LuthierException problem) {
                  given.failed(problem);
                }
              });
      await(begun);
      cancellation.cancel();
      assertThat(given.get().stopReason()).isEqualTo(StopReason.CANCELLED);
      assertThat(given.get().tokens()).hasSizeBetween(1, 99);
      cancellation.cancel();
      assertThat(kept.get().tokens()).isEqualTo(alone(prompt(5, 1), sampled(60, 1)));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void a_listener_that_throws_harms_nobody_else() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      Asked other = Asked.of(engine, prompt(5, 1), sampled(20, 1));
      Asked heard = new Asked();
      engine.submit(
          new EngineRequest(prompt(4, 2), sampled(20, 2), Optional.empty(), -1, Optional.empty()),
          new EngineListener() {
            @Override
            public void token(ScoredToken token, String text) {
              throw new AssertionError("the client is gone");
            }

            @Override
            public void ended(Answer answer) {
              heard.ended(answer);
            }

            @Override
            public void failed(LuthierException problem) {
              heard.failed(problem);
            }
          });
      assertThat(heard.answer).failsWithin(Duration.ofSeconds(30));
      assertThat(other.get().tokens()).isEqualTo(alone(prompt(5, 1), sampled(20, 1)));
    }
  }

  @Test
  void scores_that_are_no_numbers_fail_one_request() {
    TokenConstraint damaging =
        new TokenConstraint() {
          @Override
          public void restrict(float[] scores) {
            scores[7] = Float.NaN;
          }

          @Override
          public void accept(int id) {}
        };
    try (Engine engine = ServedModels.engine(MODEL)) {
      Asked other = Asked.of(engine, prompt(5, 1), sampled(20, 1));
      Asked damaged =
          Asked.of(
              engine,
              new EngineRequest(
                  prompt(4, 2), sampled(9, 2), Optional.empty(), -1, Optional.of(damaging)));
      assertThat(damaged.answer)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withMessageContaining("is not a number");
      assertThat(other.get().tokens()).isEqualTo(alone(prompt(5, 1), sampled(20, 1)));
    }
  }

  @Test
  void a_constraint_says_what_may_be_written() {
    List<Integer> accepted = new ArrayList<>();
    TokenConstraint odd =
        new TokenConstraint() {
          @Override
          public void restrict(float[] scores) {
            for (int i = 0; i < scores.length; i += 2) {
              scores[i] = Float.NEGATIVE_INFINITY;
            }
          }

          @Override
          public void accept(int id) {
            accepted.add(id);
          }
        };
    try (Engine engine = ServedModels.engine(MODEL)) {
      int[] tokens =
          Asked.of(
                  engine,
                  new EngineRequest(
                      prompt(4, 2), sampled(30, 2), Optional.empty(), -1, Optional.of(odd)))
              .get()
              .tokens();
      assertThat(Arrays.stream(tokens).boxed()).hasSize(30).allMatch(id -> id % 2 == 1);
      assertThat(accepted)
          .containsExactlyElementsOf(Arrays.stream(tokens).limit(29).boxed().toList());
    }
  }

  @Test
  void log_probabilities_are_the_models_own() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      int[] prompt = prompt(6, 9);
      Asked asked =
          Asked.of(
              engine,
              new EngineRequest(
                  prompt,
                  sampled(1, 4).withSampling(SamplingSettings.sampling(0.5).withLimits(3, 1, 0)),
                  Optional.empty(),
                  MODEL.shape().vocabulary(),
                  Optional.empty()));
      int id = asked.get().tokens()[0];
      EngineListener.ScoredToken token = asked.tokens.get(0);
      assertThat(token.alternatives()).hasSize(MODEL.shape().vocabulary());
      double sum = 0;
      float last = 0;
      for (EngineListener.ScoredToken t : token.alternatives()) {
        sum += Math.exp(t.logProbability());
        assertThat(t.logProbability()).isLessThanOrEqualTo(last);
        last = t.logProbability();
        if (t.id() == id) {
          assertThat(t.logProbability()).isEqualTo(token.logProbability());
        }
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
      // One unlikely token becomes certain with a bias.
      int least = token.alternatives().get(token.alternatives().size() - 1).id();
      GenerateSettings biased =
          GenerateSettings.greedy(1)
              .withSampling(SamplingSettings.greedy().withBias(0, 0, Map.of(least, 100.0)));
      assertThat(Asked.of(engine, prompt, biased).get().tokens()).containsExactly(least);
    }
  }

  @Test
  void a_full_queue_says_when_to_come_again_and_draining_answers_what_is_there() {
    EngineSettings one = ServedModels.settings().withLimits(1, 0, 1, 4);
    try (Engine engine = ServedModels.engine(MODEL, one)) {
      List<Asked> asked = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  asked.add(Asked.of(engine, prompt(3, i), sampled(60, i)));
                }
              })
          .isInstanceOfSatisfying(
              EngineBusyException.class,
              e ->
                  assertThat(e.retryAfter())
                      .isBetween(Duration.ofMillis(1), Duration.ofMinutes(1)));
      engine.drain(Duration.ofSeconds(60));
      assertThat(asked).allMatch(a -> a.answer.isDone());
      assertThatThrownBy(() -> Asked.of(engine, prompt(3, 1), sampled(2, 1)))
          .hasMessageContaining("takes no more requests");
    }
  }

  @Test
  void closing_ends_what_runs_and_what_waits() {
    List<Asked> asked = new ArrayList<>();
    try (Engine engine =
        ServedModels.engine(MODEL, ServedModels.settings().withLimits(2, 0, 9, 4))) {
      for (int i = 0; i < 5; i++) {
        asked.add(Asked.of(engine, prompt(3, i), sampled(100, i)));
      }
    }
    assertThat(asked).allMatch(a -> a.answer.isDone());
    assertThat(asked.get(4).get().stopReason()).isEqualTo(StopReason.CANCELLED);
  }

  @Test
  void embeddings_are_means_of_length_one() {
    try (Engine engine = ServedModels.engine(MODEL)) {
      float[][] all = engine.embed(List.of(prompt(9, 1), prompt(4, 2)), Optional.empty());
      assertThat(all).hasNumberOfRows(2);
      for (float[] one : all) {
        double length = 0;
        for (float f : one) {
          length += f * (double) f;
        }
        assertThat(one).hasSize(MODEL.shape().hidden());
        assertThat(length).isCloseTo(1, within(1e-5));
      }
      assertThat(engine.embed(List.of(prompt(4, 2)), Optional.empty())[0])
          .containsExactly(all[1], within(1e-6f));
    }
  }

  @Test
  void nothing_native_stays_behind() {
    Tensors.longs(new long[] {1}, dev.luthier.tensor.Device.CPU, 1);
    try (Engine engine = ServedModels.engine(MODEL)) {
      Runnable some =
          () -> {
            List<Asked> asked = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
              asked.add(Asked.of(engine, prompt(3 + 7 * i, i), sampled(8 + i, i)));
            }
            asked.get(2).cancel();
            asked.forEach(Asked::get);
          };
      assertThat(NativeObjects.leftBehindBy(some)).isLessThanOrEqualTo(0);
    }
    assertThat(NativeObjects.leftBehindBy(() -> ServedModels.engine(MODEL).close()))
        .isLessThanOrEqualTo(0);
  }
}
