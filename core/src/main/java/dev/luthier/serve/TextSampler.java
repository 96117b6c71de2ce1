package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.StopReason;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvPages;
import dev.luthier.nn.ServedAdapter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples many texts of a model at a time, on the caller's thread: the engine's own passes over
 * pages, with texts that begin alike sharing them. The model may be one that is being trained;
 * nothing of its weights is kept from one call to the next. Its adapter is used as one that is
 * served, which is faster by far than as it is trained. Equal requests in the same order give equal
 * texts.
 */
public final class TextSampler {
  private final Transformer model;
  private final ModelLanguage language;
  private final int together;
  private final long bytes;

  /**
   * A sampler.
   *
   * @param together texts that are decoded together
   * @param bytes what keys and values may take; where that is too little for all of them, some
   *     wait. The longest text has what it takes
   */
  public TextSampler(Transformer model, ModelLanguage language, int together, long bytes) {
    this.model = model;
    this.language = language;
    this.together = together;
    this.bytes = bytes;
  }

  /**
   * A sampled text.
   *
   * @param text what follows the prompt, special tokens left out
   * @param tokens its ids, with the stop token if one ended it
   * @param logProbs of each in the model's own distribution; empty if none were asked for
   * @param stopReason why it ended
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Sampled(String text, int[] tokens, float[] logProbs, StopReason stopReason) {}

  /**
   * Samples a text for each request, in their order.
   *
   * @param interrupted asked between steps
   * @return empty if interrupted
   * @throws LuthierException if a request cannot be answered
   */
  public Optional<List<Sampled>> sample(List<EngineRequest> requests, BooleanSupplier interrupted) {
    int context = model.shape().maxPositions();
    List<Heard> heard = new ArrayList<>();
    try (ServedAdapter own =
            ServedAdapter.ofModel(model.adapted().values(), model.parameters().compute());
        Forward forward = new Forward(model)) {
      LoadedAdapter adapter =
          model.adapted().isEmpty()
              ? null
              : new LoadedAdapter(
                  new EngineAdapter("", Path.of(""), own.rank(), Instant.EPOCH),
                  language,
                  own,
                  TorchEngine.BASE);
      List<KvPages.Sizes> sizes = forward.sizes();
      long page = KvPages.bytes(sizes, model.parameters().compute());
      int pages = pages(requests, context, bytes / page);
      try (KvPages memory =
              new KvPages(sizes, pages, model.parameters().compute(), model.parameters().device());
          Scheduler scheduler =
              new Scheduler(
                  model, forward, memory, new PageTable(pages), new Counters(), together)) {
        for (EngineRequest request : requests) {
          Heard one = new Heard();
          heard.add(one);
          scheduler.add(new Sequence(request, one, adapter, language, context));
        }
        while (!scheduler.isIdle()) {
          if (interrupted.getAsBoolean()) {
            return Optional.empty();
          }
          scheduler.step();
        }
      }
    }
    return Optional.of(heard.stream().map(Heard::result).toList());
  }

  /** As many as the longest of those that run together take, if so many fit. */
  private int pages(List<EngineRequest> requests, int context, long fit) {
    int[] wanted =
        requests.stream()
            .mapToInt(r -> Math.min(context, r.prompt().length + r.settings().maxNewTokens()))
            .map(longest -> longest / KvPages.TOKENS + 2)
            .sorted()
            .toArray();
    int from = Math.max(0, wanted.length - together);
    long all = Arrays.stream(wanted, from, wanted.length).asLongStream().sum();
    return Math.toIntExact(Math.max(wanted[wanted.length - 1], Math.min(all, fit)));
  }

  /** What came of a request. */
  private static final class Heard implements EngineListener {
    private final List<Float> logProbs = new ArrayList<>();
    private @Nullable Answer answer;
    private @Nullable LuthierException problem;

    @Override
    public void token(ScoredToken token, String text) {
      logProbs.add(token.logProbability());
    }

    @Override
    public void ended(Answer with) {
      answer = with;
    }

    @Override
    public void failed(LuthierException why) {
      problem = why;
    }

    Sampled result() {
      if (problem != null) {
        throw problem;
      }
      Answer a = Objects.requireNonNull(answer);
      float[] p = new float[a.tokens().length];
      for (int i = 0; i < p.length; i++) {
        p[i] = logProbs.get(i);
      }
      return new Sampled(a.text(), a.tokens(), p, a.stopReason());
    }
  }
}
