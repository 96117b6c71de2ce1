package dev.luthier.generate;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Continues prompts with a model.
 *
 * <p>Rows of a batch do not touch one another: each has its own settings, seed and random numbers,
 * so batching changes results only by the rounding of larger matrix products. A row that has ended
 * leaves the batch.
 */
public final class Generator {
  private final Transformer model;
  private final Tokenizer tokenizer;
  private final Set<Integer> stopIds;

  /**
   * @param stopIds ids that end a text: the model's EOS ids, of which there may be several
   * @throws LuthierException if the model does not write text
   */
  public Generator(Transformer model, Tokenizer tokenizer, Set<Integer> stopIds) {
    if (!model.task().isLanguage()) {
      throw new LuthierException(
          "the model gives labels and writes no text. See docs/troubleshooting.md#writes-no-text");
    }
    if (model.kind() == Transformer.Kind.ENCODER) {
      throw new LuthierException(
          "the model is an encoder: it fills masks and writes no text; ask it with luthier"
              + " fill-mask. See docs/troubleshooting.md#writes-no-text");
    }
    this.model = model;
    this.tokenizer = tokenizer;
    this.stopIds = Set.copyOf(stopIds);
  }

  /** The model. */
  public Transformer model() {
    return model;
  }

  /** The tokenizer. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Continues one prompt. */
  public Generation generate(GenerateRequest request) {
    return generate(request, GenerateListener.NONE, () -> false);
  }

  /**
   * Continues one prompt.
   *
   * @param cancelled asked before every token
   * @throws LuthierException when the prompt is empty, leaves no room in the model's context, or
   *     has ids that the model does not know
   */
  public Generation generate(
      GenerateRequest request, GenerateListener listener, BooleanSupplier cancelled) {
    try (PromptCache cache = new PromptCache(model)) {
      return generate(request, cache, listener, cancelled);
    }
  }

  /**
   * Continues one prompt, reading only what the cache does not hold of it already.
   *
   * @param cache of this generator's model; afterwards it holds the prompt and the answer
   */
  public Generation generate(
      GenerateRequest request,
      PromptCache cache,
      GenerateListener listener,
      BooleanSupplier cancelled) {
    check(List.of(request));
    Row row = row(0, request, listener);
    float[] scores = cache.read(request.prompt());
    while (!row.isEnded()) {
      if (cancelled.getAsBoolean()) {
        row.end(StopReason.CANCELLED);
        break;
      }
      int id = row.choose(scores);
      if (!row.isEnded()) {
        scores = cache.next(id);
      }
    }
    return row.result();
  }

  /**
   * Continues many prompts, so many at a time, those of similar length together.
   *
   * @param batchSize rows per batch
   * @param listener hears of all of them, by index
   * @param cancelled asked before every step; texts that have not ended are then cut off
   * @return in the order of the requests
   * @throws LuthierException before anything is generated, naming all prompts that cannot be
   *     continued
   */
  public List<Generation> generate(
      List<GenerateRequest> requests,
      int batchSize,
      GenerateListener listener,
      BooleanSupplier cancelled) {
    if (batchSize < 1) {
      throw new UsageException("--batch-size is " + batchSize + "; use 1 or more");
    }
    check(requests);
    int[] order =
        IntStream.range(0, requests.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> requests.get(i).prompt().length))
            .mapToInt(i -> i)
            .toArray();
    Generation[] results = new Generation[requests.size()];
    for (int from = 0; from < order.length; from += batchSize) {
      int[] batch = Arrays.copyOfRange(order, from, Math.min(order.length, from + batchSize));
      List<Row> rows =
          Arrays.stream(batch).mapToObj(i -> row(i, requests.get(i), listener)).toList();
      decode(
          rows, Arrays.stream(batch).mapToObj(i -> requests.get(i).prompt()).toList(), cancelled);
      rows.forEach(row -> results[row.request] = row.result());
    }
    return List.of(results);
  }

  private void decode(List<Row> all, List<int[]> prompts, BooleanSupplier cancelled) {
    if (cancelled.getAsBoolean()) {
      all.forEach(row -> row.end(StopReason.CANCELLED));
      return;
    }
    try (Decoding decoding = new Decoding(model)) {
      List<Row> rows = new ArrayList<>(all);
      float[][] scores = decoding.start(prompts);
      while (true) {
        int[] chosen = new int[rows.size()];
        for (int i = 0; i < chosen.length; i++) {
          chosen[i] = rows.get(i).choose(scores[i]);
        }
        List<Row> before = rows;
        int[] kept =
            IntStream.range(0, chosen.length).filter(i -> !before.get(i).isEnded()).toArray();
        rows = new ArrayList<>(Arrays.stream(kept).mapToObj(before::get).toList());
        if (rows.isEmpty() || cancelled.getAsBoolean()) {
          rows.forEach(row -> row.end(StopReason.CANCELLED));
          return;
        }
        if (kept.length < chosen.length) {
          decoding.select(kept);
        }
        scores = decoding.next(Arrays.stream(kept).map(i -> chosen[i]).toArray());
      }
    }
  }

  private Row row(int index, GenerateRequest request, GenerateListener listener) {
    return new Row(index, request, tokenizer, stopIds, model, listener);
  }

  private void check(List<GenerateRequest> requests) {
    PromptCheck check =
        new PromptCheck(
            model.shape().maxPositions(),
            model.kind() == Transformer.Kind.ENCODER_DECODER ? 0 : 1,
            model.shape().vocabulary());
    List<String> complaints = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      String name = requests.size() == 1 ? "the prompt" : "prompt " + (i + 1);
      complaints.addAll(check.complaints(name, requests.get(i)));
    }
    if (!complaints.isEmpty()) {
      throw new LuthierException(String.join("\n", complaints));
    }
  }
}
