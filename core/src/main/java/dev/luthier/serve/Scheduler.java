package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.StopReason;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvPages;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tokens of which texts run next: continuous batching (Yu et al., "Orca", OSDI 2022) with
 * prompts in chunks beside what is being decoded (Agrawal et al., "Sarathi-Serve", arXiv
 * 2403.02310). Requests join and leave between steps, in the order in which they came; where pages
 * run out the youngest waits again, and what it had is computed anew. For one thread.
 */
final class Scheduler implements AutoCloseable {
  /** Tokens of prompts in a step when nothing is being decoded, and beside what is. */
  private static final int CHUNK = 1024;

  private static final int CHUNK_BESIDE = 256;

  private final Transformer model;
  private final Forward forward;
  private final KvPages pages;
  private final PageTable table;
  private final Counters counters;
  private final int maxRunning;
  private final long plainRegime;
  private final Deque<Sequence> waiting = new ArrayDeque<>(); // by age
  private final List<Sequence> running = new ArrayList<>(); // by age, all older than who waits

  Scheduler(
      Transformer model,
      Forward forward,
      KvPages pages,
      PageTable table,
      Counters counters,
      int maxRunning) {
    this.model = model;
    this.forward = forward;
    this.pages = pages;
    this.table = table;
    this.counters = counters;
    this.maxRunning = maxRunning;
    this.plainRegime = model.regime(1);
  }

  /** Whether nothing is left to do. */
  boolean isIdle() {
    return waiting.isEmpty() && running.isEmpty();
  }

  /** How many more could start at once, were there pages. */
  int room() {
    return maxRunning - running.size() - waiting.size();
  }

  /** Whether a sequence that has not ended uses this adapter. */
  boolean uses(LoadedAdapter adapter) {
    return waiting.stream().anyMatch(s -> s.adapter() == adapter)
        || running.stream().anyMatch(s -> s.adapter() == adapter);
  }

  /**
   * A request that came after all others, or one that was cancelled.
   *
   * @return true
   */
  boolean add(Sequence sequence) {
    return waiting.add(sequence);
  }

  /** Runs some tokens. */
  void step() {
    dropCancelled();
    admit();
    Map<Sequence, Integer> plan = plan();
    List<Forward.Work> together = new ArrayList<>();
    List<Forward.Work> alone = new ArrayList<>();
    plan.forEach(
        (s, count) ->
            (s.regime() == plainRegime ? together : alone).add(new Forward.Work(s, count)));
    together.sort(Comparator.comparingLong(w -> root(w.sequence())));
    run(together);
    alone.forEach(work -> run(List.of(work)));
    counters.running = running.size();
    counters.cacheUsed = table.pages() - table.available();
  }

  private static long root(Sequence s) {
    LoadedAdapter adapter = s.adapter();
    return adapter == null ? TorchEngine.BASE : adapter.root();
  }

  private void dropCancelled() {
    for (Sequence s : List.copyOf(waiting)) {
      if (s.isCancelled()) {
        waiting.remove(s);
        finish(s, StopReason.CANCELLED);
      }
    }
    for (Sequence s : List.copyOf(running)) {
      if (s.isCancelled()) {
        finish(s, StopReason.CANCELLED);
      }
    }
  }

  private void admit() {
    while (!waiting.isEmpty() && running.size() < maxRunning) {
      Sequence s = waiting.element();
      s.regime(model.regime(s.text().length()));
      share(s);
      if (s.lacks(s.text().length() + 1) > table.available() && !running.isEmpty()) {
        s.release(table);
        return;
      }
      waiting.remove();
      running.add(s);
    }
  }

  /** Takes pages that hold what is to run, from other texts. */
  private void share(Sequence s) {
    if (s.regime() == plainRegime) {
      s.share(table, root(s));
    }
  }

  /** How many tokens of each sequence run in this step. */
  private Map<Sequence, Integer> plan() {
    Map<Sequence, Integer> plan = new LinkedHashMap<>();
    for (Sequence s : List.copyOf(running)) {
      long regime = model.regime(s.text().length());
      if (regime != s.regime()) {
        s.release(table);
        s.regime(regime);
      }
      if (s.remaining() == 1 && running.contains(s)) {
        plan(s, 1, plan);
      }
    }
    int left = plan.isEmpty() ? CHUNK : CHUNK_BESIDE;
    Set<PageTable.Content> begun = new HashSet<>();
    for (Sequence s : List.copyOf(running)) {
      if (left == 0 || s.remaining() == 1 || !running.contains(s)) {
        continue;
      }
      share(s);
      // What a pass computes depends on its largest position beyond a model's first regime, so such
      // a text must not be cut.
      int count = s.regime() == plainRegime ? Math.min(left, s.remaining()) : s.remaining();
      PageTable.Content first = s.scoresPrompt() ? null : s.wanted();
      if (first != null && !begun.add(first)) {
        continue; // another one computes it: wait for its pages
      }
      left -= Math.min(left, plan(s, count, plan));
    }
    return plan;
  }

  /** Plans tokens if there are pages for them; returns how many. */
  private int plan(Sequence s, int count, Map<Sequence, Integer> plan) {
    while (s.lacks(s.computed() + count) > table.available()) {
      Sequence youngest = running.get(running.size() - 1);
      plan.remove(youngest);
      running.remove(youngest);
      youngest.release(table);
      waiting.addFirst(youngest);
      counters.preemptions.incrementAndGet();
      if (youngest == s) {
        return 0;
      }
    }
    while (s.lacks(s.computed() + count) > 0) {
      s.add(table.take());
    }
    plan.put(s, count);
    return count;
  }

  private void run(List<Forward.Work> all) {
    if (all.isEmpty()) {
      return;
    }
    List<Forward.Ran> ran;
    try {
      ran = forward.run(all, pages);
      counters.steps.incrementAndGet();
    } catch (RuntimeException | OutOfMemoryError e) {
      if (all.size() > 1) {
        all.forEach(work -> run(List.of(work))); // one of them cannot run; the others can
      } else {
        fail(all.get(0).sequence(), e);
      }
      return;
    }
    for (int i = 0; i < ran.size(); i++) {
      Sequence s = all.get(i).sequence();
      s.score(ran.get(i).prompt());
      int prompt = Math.max(0, Math.min(all.get(i).count(), s.promptTokens() - s.computed()));
      counters.promptTokens.addAndGet(prompt);
      if (s.ran(all.get(i).count(), table, s.regime() == plainRegime)) {
        counters.cachedTokens.addAndGet(s.cachedTokens());
      }
      float[] next = ran.get(i).next();
      if (next != null) {
        choose(s, next, ran.get(i).logSum());
      }
    }
  }

  private void choose(Sequence s, float[] scores, float logSum) {
    try {
      if (s.choose(scores, () -> logSum)) {
        counters.generatedTokens.incrementAndGet();
      }
    } catch (RuntimeException | Error e) { // a listener's, or scores that are no numbers
      fail(s, e);
      return;
    }
    if (s.isOver()) {
      remove(s);
    }
  }

  private void finish(Sequence s, StopReason reason) {
    try {
      s.end(reason);
    } catch (RuntimeException e) {
      s.abandon();
    }
    remove(s);
  }

  private void fail(Sequence s, Throwable problem) {
    try {
      s.fail(
          problem instanceof LuthierException own
              ? own
              : new LuthierException("the request could not be answered: " + problem, problem));
    } catch (RuntimeException e) {
      s.abandon(); // its listener is the problem
    }
    remove(s);
  }

  private void remove(Sequence s) {
    running.remove(s);
    s.release(table);
    counters.ended();
  }

  /** Gives up all that is left. */
  @Override
  public void close() {
    for (Sequence s : List.copyOf(running)) {
      finish(s, StopReason.CANCELLED);
    }
    for (Sequence s = waiting.poll(); s != null; s = waiting.poll()) {
      finish(s, StopReason.CANCELLED);
    }
  }
}
