package dev.luthier.serve;

import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.BlockKernel;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.KvPages;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.Ragged;
import dev.luthier.nn.RowAdapters;
import dev.luthier.nn.Value;
import dev.luthier.serve.EngineListener.ScoredToken;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The model's passes over tokens of many texts at once. */
final class Forward implements AutoCloseable {
  /** Logits of prompts that are there at a time: 32 MiB of them. */
  private static final int SCORED_NUMBERS = 8 << 20;

  private final Transformer model;
  private final Device device;
  private final List<Optional<BlockKernel>> kernels;

  Forward(Transformer model) {
    this.model = model;
    this.device = model.parameters().device();
    ScalarType dtype = model.parameters().compute();
    this.kernels =
        model.blocks().stream()
            .map(block -> block.kernelParts().flatMap(parts -> BlockKernel.of(parts, dtype)))
            .toList();
  }

  private Tensor block(int number, Tensor x, Pass pass) {
    Optional<BlockKernel> kernel = kernels.get(number).filter(k -> k.takes(x, pass));
    return kernel.isPresent()
        ? kernel.get().forward(x, pass)
        : model.blocks().get(number).forward(Value.of(x), pass).tensor();
  }

  /**
   * A sequence and how many of its next tokens run.
   *
   * @param count at least 1, at most what remains
   */
  record Work(Sequence sequence, int count) {
    boolean givesScores() {
      return count == sequence.remaining();
    }

    /** Whose next tokens are scored: the first, among what runs. */
    int scoredFrom() {
      return sequence.scoresPrompt() ? sequence.scored() - 1 - sequence.computed() : 0;
    }

    /** Behind the last of them; not above the first if there are none. */
    int scoredTo() {
      return sequence.scoresPrompt()
          ? Math.min(count, sequence.promptTokens() - 1 - sequence.computed())
          : 0;
    }
  }

  /**
   * What came of tokens that ran.
   *
   * @param next the scores (V) of what follows them; null where more of them remain
   * @param logSum the logarithm of the sum of their exponentials, if log-probabilities are asked
   *     for
   * @param prompt those of the prompt's tokens that follow them, if they are asked for
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Ran(float @Nullable [] next, float logSum, List<ScoredToken> prompt) {}

  /** The sizes of keys and values in each block: what a first token leaves. */
  List<KvPages.Sizes> sizes() {
    List<KvCache> caches = model.newCaches();
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(Places.whole(new long[] {0}, new long[] {1}, 1, 1));
      Inference.hidden(model, model.tokens(new long[] {0}, 1, 1), pass, caches);
      return caches.stream().map(KvPages.Sizes::of).toList();
    } finally {
      caches.forEach(KvCache::close);
    }
  }

  /**
   * Runs tokens, whose keys and values go to their texts' pages.
   *
   * @param all those of one adapter beside one another
   */
  List<Ran> run(List<Work> all, KvPages pages) {
    List<Ragged.Part> parts = new ArrayList<>();
    List<RowAdapters.Range> ranges = new ArrayList<>();
    LongStream.Builder ids = LongStream.builder();
    LongStream.Builder last = LongStream.builder();
    int at = 0;
    for (Work work : all) {
      Sequence s = work.sequence();
      int length = s.computed() + work.count();
      for (int i = s.computed(); i < length; i++) {
        ids.add(s.text().get(i));
      }
      parts.add(new Ragged.Part(at, work.count(), length, s.pages()));
      addRange(ranges, at, work);
      at += work.count();
      if (work.givesScores()) {
        last.add(at - 1);
      }
    }
    float[] scores;
    float[] logSums;
    List<List<ScoredToken>> prompts = new ArrayList<>();
    long[] rows = last.build().toArray();
    try (PointerScope scope = new PointerScope()) {
      RowAdapters adapters = ranges.isEmpty() ? null : new RowAdapters(ranges);
      Ragged ragged = new Ragged(parts, pages, p -> model.pass(p).withAdapters(adapters), device);
      Tensor tokens = model.tokens(ids.build().toArray(), 1, at);
      // (1, N, D)
      Tensor x = Inference.hidden(model, tokens, ragged.pass(0), ragged::pass, this::block);
      Tensor logits = rows.length == 0 ? null : logits(x, rows, ragged.pass(0)); // (n, V)
      scores = logits == null ? new float[0] : Tensors.toFloats(logits);
      boolean asked = all.stream().anyMatch(w -> w.sequence().alternatives() >= 0);
      logSums = logits == null || !asked ? new float[rows.length] : logSums(logits);
      int from = 0;
      for (Work work : all) {
        prompts.add(prompt(x, from, work, ragged.pass(0)));
        from += work.count();
      }
    }
    List<Ran> out = new ArrayList<>();
    int width = rows.length == 0 ? 0 : scores.length / rows.length;
    int row = 0;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).givesScores()) {
        float[] next = Arrays.copyOfRange(scores, row * width, (row + 1) * width);
        out.add(new Ran(next, logSums[row++], prompts.get(i)));
      } else {
        out.add(new Ran(null, 0, prompts.get(i)));
      }
    }
    return out;
  }

  /** Scores tokens of a prompt, a few rows of logits at a time. */
  private List<ScoredToken> prompt(Tensor x, int start, Work work, Pass pass) {
    List<ScoredToken> out = new ArrayList<>();
    Sequence s = work.sequence();
    int step = Math.max(1, SCORED_NUMBERS / model.shape().vocabulary());
    for (int from = work.scoredFrom(); from < work.scoredTo(); from += step) {
      try (PointerScope scope = new PointerScope()) {
        int count = Math.min(step, work.scoredTo() - from);
        int first = from;
        long[] rows = LongStream.range(0, count).map(i -> start + first + i).toArray();
        int[] next = new int[count];
        Arrays.setAll(next, i -> s.text().get(s.computed() + first + i + 1));
        Tensor at = Tensors.longs(rows, device, count);
        Tensor states = x.select(0, 0).index_select(0, at); // (n, D)
        Tensor logits = Inference.logits(model, states, pass.ofRows(at));
        out.addAll(LogProbabilities.ofRows(logits, next, s.alternatives(), device));
      }
    }
    return out;
  }

  private static float[] logSums(Tensor logits) {
    return Tensors.toFloats(
        Tensors.cast(logits, ScalarType.Float).logsumexp(new long[] {-1}, false));
  }

  private Tensor logits(Tensor x, long[] rows, Pass pass) {
    Tensor at = Tensors.longs(rows, device, rows.length);
    Tensor last = x.select(0, 0).index_select(0, at); // (n, D)
    return Inference.logits(model, last, pass.ofRows(at));
  }

  private static void addRange(List<RowAdapters.Range> ranges, int at, Work work) {
    LoadedAdapter adapter = work.sequence().adapter();
    if (adapter == null) {
      return;
    }
    int last = ranges.size() - 1;
    if (last >= 0 && ranges.get(last).adapter() == adapter.matrices()) {
      RowAdapters.Range before = ranges.get(last);
      ranges.set(
          last,
          new RowAdapters.Range(before.from(), before.count() + work.count(), before.adapter()));
    } else {
      ranges.add(new RowAdapters.Range(at, work.count(), adapter.matrices()));
    }
  }

  /** The mean of the last hidden states, of length 1: (D). */
  float[] embed(int[] ids, @Nullable LoadedAdapter adapter) {
    try (PointerScope scope = new PointerScope()) {
      int n = ids.length;
      long[] documents = new long[n];
      Arrays.fill(documents, 1);
      RowAdapters adapters =
          adapter == null
              ? null
              : new RowAdapters(List.of(new RowAdapters.Range(0, n, adapter.matrices())));
      Places places = Places.whole(LongStream.range(0, n).toArray(), documents, 1, n);
      Pass pass = model.pass(places).withAdapters(adapters);
      Tensor tokens = model.tokens(Arrays.stream(ids).asLongStream().toArray(), 1, n);
      Tensor x = Inference.hidden(model, tokens, pass, List.of());
      boolean encoder = model.kind() == Transformer.Kind.ENCODER; // what finishes it is a head's
      Tensor states =
          encoder
              ? Tensors.cast(x, ScalarType.Float)
              : Inference.finished(model, x, pass); // (1, N, D)
      float[] mean = Tensors.toFloats(states.select(0, 0).mean(new long[] {0}, false, null));
      double norm = 0;
      for (float f : mean) {
        norm += f * (double) f;
      }
      norm = Math.sqrt(norm);
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (mean[i] / norm);
      }
      return mean;
    }
  }

  @Override
  public void close() {
    kernels.forEach(kernel -> kernel.ifPresent(BlockKernel::close));
  }
}
