package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.Softmax;
import dev.luthier.llamacpp.LlamaBatch;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which tokens run next in llama.cpp: the next one of every text that is being decoded, and a part
 * of the prompts beside them. llama.cpp puts one set of adapters on all that a pass reads, so each
 * adapter's texts have a pass of their own. Where the cache is full, what ended texts left in it
 * goes first, then the youngest text, which begins anew later. For one thread.
 */
final class LlamaScheduler {
  /** Tokens of a text in a pass while its prompt is scored. */
  private static final int SCORED = 64;

  private final LlamaContext context;
  private final Counters counters;
  private final LlamaBatch batch;
  private final List<LlamaSlot> slots = new ArrayList<>();
  private final Deque<LlamaText> waiting = new ArrayDeque<>();
  private final List<LlamaSlot> running = new ArrayList<>(); // by age
  private long clock;

  LlamaScheduler(LlamaContext context, Counters counters) {
    this.context = context;
    this.counters = counters;
    this.batch = new LlamaBatch(context.settings().batch());
    for (int i = 0; i < context.settings().sequences(); i++) {
      slots.add(new LlamaSlot(i));
    }
  }

  boolean isIdle() {
    return waiting.isEmpty() && running.isEmpty();
  }

  /** How many more could start at once. */
  int room() {
    return slots.size() - running.size() - waiting.size();
  }

  boolean uses(LlamaServed adapter) {
    Optional<LlamaServed> own = Optional.of(adapter);
    return waiting.stream().anyMatch(t -> t.adapter().equals(own))
        || running.stream().anyMatch(s -> s.text != null && s.text.adapter().equals(own));
  }

  void add(LlamaText text) {
    waiting.add(text);
  }

  /** One pass for each adapter that texts run with. */
  void step() {
    dropCancelled();
    admit();
    Map<Optional<LlamaServed>, List<LlamaSlot>> groups = new LinkedHashMap<>();
    for (LlamaSlot slot : running) {
      LlamaText text = slot.text;
      if (text != null) {
        groups.computeIfAbsent(text.adapter(), a -> new ArrayList<>()).add(slot);
      }
    }
    groups.forEach(this::pass);
    running.removeIf(slot -> slot.text == null);
    counters.running = running.size();
    counters.cacheUsed = context.used();
  }

  private void dropCancelled() {
    waiting.removeIf(
        text -> {
          if (text.isCancelled()) {
            text.cancelNow();
            counters.ended();
          }
          return text.isOver();
        });
    for (LlamaSlot slot : running) {
      LlamaText text = slot.text;
      if (text != null && text.isCancelled()) {
        text.cancelNow();
        leave(slot);
      }
    }
    running.removeIf(slot -> slot.text == null);
  }

  private void leave(LlamaSlot slot) {
    slot.text = null;
    counters.ended();
  }

  private void admit() {
    while (!waiting.isEmpty() && running.size() < slots.size()) {
      LlamaText text = waiting.remove();
      LlamaSlot like =
          slots.stream().max(Comparator.comparingInt(s -> s.common(text))).orElseThrow();
      int common = like.common(text);
      LlamaSlot slot = like;
      if (like.text != null || 2 * common < like.count()) { // it is of use to others
        slot =
            slots.stream()
                .filter(s -> s.text == null)
                .min(Comparator.comparingLong(LlamaSlot::used))
                .orElseThrow();
      }
      if (slot == like) {
        common = context.remove(slot.sequence, common, -1) ? common : forget(slot);
      } else {
        forget(slot);
        if (common > 0) {
          context.share(like.sequence, slot.sequence, common);
        }
      }
      slot.begin(text, common, ++clock);
      running.add(slot);
      if (text.begin(common)) {
        counters.cachedTokens.addAndGet(Math.min(common, text.promptTokens()));
      }
    }
  }

  /** Always 0. */
  private int forget(LlamaSlot slot) {
    context.remove(slot.sequence, -1, -1);
    slot.keep(0);
    return 0;
  }

  /** Some tokens of a slot's text, from an index of the batch on. */
  private record Work(LlamaSlot slot, LlamaText text, int from, int count) {
    boolean givesScores() {
      return slot.count() + count == text.text().length();
    }
  }

  private void pass(Optional<LlamaServed> adapter, List<LlamaSlot> group) {
    List<Work> all = new ArrayList<>();
    int limit = batch.room();
    while (true) {
      plan(group, limit, all);
      if (all.isEmpty()) {
        return;
      }
      try {
        adapter.ifPresentOrElse(a -> context.use(a.matrices(), 1), context::useNone);
        if (context.tryDecode(batch)) {
          break;
        }
      } catch (RuntimeException e) {
        all.forEach(
            work -> {
              work.text.fail(e);
              forget(work.slot);
              leave(work.slot);
            });
        return;
      }
      limit = makeRoom(limit);
    }
    counters.steps.incrementAndGet();
    for (Work work : all) {
      ran(work);
    }
  }

  /** Texts that are being decoded first, a token each; then prompts. */
  private void plan(List<LlamaSlot> group, int limit, List<Work> all) {
    batch.clear();
    all.clear();
    for (boolean decoding : new boolean[] {true, false}) {
      for (LlamaSlot slot : group) {
        LlamaText text = slot.text;
        if (text == null) {
          continue;
        }
        int left = text.text().length() - slot.count();
        if ((left == 1) == decoding && batch.size() < limit) {
          int count = Math.min(left, limit - batch.size());
          if (text.scoresPrompt()) {
            count = Math.min(count, SCORED); // llama.cpp keeps the logits of all that are scored
          }
          all.add(new Work(slot, text, batch.size(), count));
          for (int i = 0; i < count; i++) {
            int at = slot.count() + i;
            boolean last = at + 1 == text.text().length();
            batch.add(text.text().get(at), at, slot.sequence, last || scored(text, at));
          }
        }
      }
    }
  }

  /**
   * After a pass that found no room.
   *
   * @return how many tokens the next may have
   */
  private int makeRoom(int limit) {
    Optional<LlamaSlot> left =
        slots.stream()
            .filter(s -> s.text == null && s.count() > 0)
            .min(Comparator.comparingLong(LlamaSlot::used));
    if (left.isPresent()) {
      forget(left.get());
      return limit;
    }
    if (batch.size() > 1) {
      return batch.size() / 2; // a pass needs its room in one piece
    }
    LlamaSlot youngest =
        running.stream()
            .filter(s -> s.text != null)
            .max(Comparator.comparingLong(LlamaSlot::used))
            .orElseThrow();
    LlamaText text = youngest.text;
    youngest.text = null;
    forget(youngest);
    if (text != null && running.stream().anyMatch(s -> s.text != null)) {
      waiting.addFirst(text);
      counters.preemptions.incrementAndGet();
    } else if (text != null) {
      text.fail(
          new LuthierException(
              "the text of "
                  + text.text().length()
                  + " tokens does not fit the cache of "
                  + context.settings().contextLength()
                  + ": give it more with --budget"));
      counters.ended();
    }
    return batch.room();
  }

  /** Whether the score of the token behind this one is asked for. */
  private static boolean scored(LlamaText text, int at) {
    return text.scoresPrompt() && at + 1 >= text.scored() && at + 1 < text.promptTokens();
  }

  private void scorePrompt(Work work) {
    List<ScoredToken> tokens = new ArrayList<>();
    for (int i = 0; i < work.count; i++) {
      int at = work.slot.count() + i;
      if (scored(work.text, at)) {
        float[] logits = context.logits(work.from + i);
        int next = work.text.text().get(at + 1);
        tokens.add(
            LogProbabilities.of(next, logits, Softmax.logSum(logits), work.text.alternatives()));
      }
    }
    work.text.score(tokens);
  }

  private void ran(Work work) {
    scorePrompt(work);
    boolean scored = work.givesScores();
    int prompt = Math.max(0, Math.min(work.count, work.text.promptTokens() - work.slot.count()));
    counters.promptTokens.addAndGet(prompt);
    work.slot.ran(work.text, work.count);
    if (!scored) {
      return;
    }
    try {
      float[] next = context.logits(work.from + work.count - 1);
      if (work.text.choose(next, () -> Softmax.logSum(next))) {
        counters.generatedTokens.incrementAndGet();
      }
    } catch (RuntimeException | Error e) { // a listener's, or scores that are no numbers
      work.text.fail(e);
    }
    if (work.text.isOver()) {
      leave(work.slot);
    }
  }

  /** Gives up all that is left. */
  void end() {
    waiting.forEach(LlamaText::cancelNow);
    waiting.clear();
    for (LlamaSlot slot : running) {
      LlamaText text = slot.text;
      if (text != null) {
        text.cancelNow();
      }
    }
    running.clear();
  }
}
