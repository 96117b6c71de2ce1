package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.model.Block;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Balance;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Forward and backward over the micro-batches of a step, block by block.
 *
 * <ol>
 *   <li>Forward without gradients, keeping each block's input (B, T, D).
 *   <li>Head and loss over label tokens, in chunks.
 *   <li>Backward from the last block to the first: a block is recomputed with gradients on, gives
 *       its parameters' gradients and that of its input, and is forgotten.
 * </ol>
 *
 * <p>Activation memory is thus one (B, T, D) per block and the working set of a single block (Chen
 * et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174). The {@link
 * StepLayout} says which blocks keep what they computed instead, and in which order micro-batches
 * and blocks run.
 */
public final class BlockwiseStep {
  /** Names the embedding's dropout; blocks and head have the numbers from 0. */
  private static final int EMBEDDING_SEED = -1;

  private final Transformer model;
  private final WeightSource weights;
  private final StepLayout layout;
  private final Head head;
  private final Device device;
  private final int lowestTrained;

  /** All blocks are computed again on the way back. */
  public BlockwiseStep(Transformer model, WeightSource weights) {
    this(model, weights, StepLayout.recomputing(model.shape().vocabulary()));
  }

  /** A step of this layout. */
  public BlockwiseStep(Transformer model, WeightSource weights, StepLayout layout) {
    this(model, weights, layout, Optional.empty());
  }

  /**
   * The same for objectives that ask for values.
   *
   * @param values what gives them
   */
  public BlockwiseStep(
      Transformer model, WeightSource weights, StepLayout layout, Optional<ValueHead> values) {
    this.model = model;
    this.weights = weights;
    this.layout = layout;
    this.head = new Head(model, layout.headRows(), values);
    this.device = model.parameters().device();
    this.lowestTrained = Stages.of(model).lowest();
  }

  /**
   * Adds the gradient of {@code scale * loss} to the trainable parameters' gradients.
   *
   * @param scale 1 / the sum of the label weights in the whole optimizer step
   * @param seed names this micro-batch: the run's seed, the step and the micro-batch, mixed;
   *     dropout follows from it
   * @return the sum of the loss over label tokens, unscaled, in nats
   */
  public double forwardBackward(Batch batch, Objective objective, double scale, long seed) {
    return forwardBackward(
            List.of(batch), objective, scale, microBatch -> seed, 1, StepListener.NONE)
        .orElseThrow();
  }

  /**
   * The same for all micro-batches of a step.
   *
   * @param seed of a micro-batch, counted from 0
   * @param passes how often the way back is taken; each adds the same gradients, so the listener
   *     clears them between
   * @return the sum of the losses; empty if the listener gave the step up, and then the gradients
   *     are worth nothing
   */
  public Optional<Double> forwardBackward(
      List<Batch> batches,
      Objective objective,
      double scale,
      IntToLongFunction seed,
      int passes,
      StepListener listener) {
    if (passes > 1 && batches.size() > 1 && !layout.byBlock()) {
      throw new IllegalArgumentException("several passes over micro-batches that run one by one");
    }
    double sum = 0;
    int together = layout.byBlock() ? batches.size() : 1;
    for (int from = 0; from < batches.size(); from += together) {
      listener.begins();
      try (PointerScope scope = new PointerScope();
          Grad off = Grad.off();
          Group group = new Group(scope, objective, scale, listener)) {
        for (int i = from; i < from + together; i++) {
          group.add(batches.get(i), i, seed.applyAsLong(i));
        }
        Optional<Double> loss = group.run(passes, from + together == batches.size());
        if (loss.isEmpty()) {
          return Optional.empty();
        }
        sum += loss.get();
      }
    }
    return Optional.of(sum);
  }

  /** Micro-batches on their way through the model and back together. */
  private final class Group implements AutoCloseable {
    private final PointerScope scope;
    private final Objective objective;
    private final double scale;
    private final StepListener listener;
    private final SavedInputs inputs;
    private final List<MicroBatch> microBatches = new ArrayList<>();
    private final int blocks = model.blocks().size();
    private final int firstKept = Math.max(0, blocks - layout.keptBlocks());

    Group(PointerScope scope, Objective objective, double scale, StepListener listener) {
      this.scope = scope;
      this.objective = objective;
      this.scale = scale;
      this.listener = listener;
      this.inputs =
          layout
              .spill()
              .<SavedInputs>map(path -> new SpilledInputs(path, device))
              .orElseGet(() -> inMemory(scope));
    }

    private SavedInputs inMemory(PointerScope scope) {
      int first = Math.max(0, lowestTrained);
      return SavedInputs.inMemory(scope, first, Math.max(0, firstKept - first));
    }

    void add(Batch batch, int number, long seed) {
      microBatches.add(new MicroBatch(batch, number, seed));
    }

    Optional<Double> run(int passes, boolean complete) {
      if (!forward()) {
        return Optional.empty();
      }
      double loss = 0;
      for (int pass = 1; pass <= passes; pass++) {
        boolean last = pass == passes;
        loss = head(last);
        if (complete) {
          listener.complete(blocks, last);
        }
        for (int i = blocks - 1; i >= Math.max(0, lowestTrained); i--) {
          if (listener.interrupted()) {
            return Optional.empty();
          }
          backward(i, last);
          if (complete) {
            listener.complete(i, last);
          }
        }
        if (lowestTrained == Transformer.EMBEDDING) {
          microBatches.forEach(MicroBatch::embedBackward);
          if (complete) {
            listener.complete(Transformer.EMBEDDING, last);
          }
        }
      }
      return Optional.of(loss);
    }

    private boolean forward() {
      microBatches.forEach(m -> m.embed(scope));
      for (int i = 0; i < blocks; i++) {
        if (listener.interrupted()) {
          return false;
        }
        Block block = weights.acquire(i, false);
        try {
          for (MicroBatch m : microBatches) {
            m.x = forward(block, i, m);
          }
        } finally {
          weights.release(i, false);
        }
      }
      return true;
    }

    private Tensor forward(Block block, int i, MicroBatch m) {
      Tensor x = m.x();
      if (i >= firstKept && i >= lowestTrained) {
        m.kept[i] = m.record(block, i, x);
        return m.kept[i].y().tensor();
      }
      Tensor y;
      try (PointerScope inner = new PointerScope()) {
        y = block.forward(Value.of(x), m.dropout(i)).tensor();
        Tensors.keep(y, scope);
      }
      if (i < lowestTrained) {
        x.close();
      } else {
        inputs.save(i, m.number, x);
      }
      return y;
    }

    private double head(boolean last) {
      double sum = 0;
      model.head().hold();
      try {
        for (MicroBatch m : microBatches) {
          double loss = m.head(objective, scale, scope);
          listener.loss(m.number, loss);
          sum += loss;
          if (last) {
            m.x().close();
          }
        }
      } finally {
        model.head().drop();
      }
      return sum;
    }

    /** From the gradients of a block's outputs to those of its inputs. */
    private void backward(int i, boolean last) {
      Block block = weights.acquire(i, true);
      try {
        for (MicroBatch m : microBatches) {
          backward(block, i, m, last);
        }
      } finally {
        weights.release(i, true);
      }
    }

    private void backward(Block block, int i, MicroBatch m, boolean last) {
      Recorded kept = m.kept[i];
      Tensor x = kept == null ? inputs.load(i, m.number) : kept.in().tensor();
      try (PointerScope inner = new PointerScope()) {
        Recorded recorded = kept == null || !last ? m.record(block, i, x) : kept;
        Tensor dy = m.gradient();
        recorded.tape().backward(recorded.y(), dy);
        dy.close();
        m.dx = i > lowestTrained ? Tensors.keep(recorded.in().gradient(), scope) : null;
      }
      if (kept == null) {
        inputs.release(x);
      } else if (last) {
        x.close();
        m.kept[i] = null;
      }
    }

    @Override
    public void close() {
      inputs.close();
    }
  }

  /** One micro-batch on its way through the model and back. */
  private final class MicroBatch {
    private final Batch batch;
    private final int number;
    private final long seed;
    private final Pass pass;
    private final Tensor tokens;
    private final @Nullable Recorded[] kept = new Recorded[model.blocks().size()];
    private @Nullable Tensor x;
    private @Nullable Tensor dx;

    MicroBatch(Batch batch, int number, long seed) {
      this.batch = batch;
      this.number = number;
      this.seed = seed;
      this.pass = pass(batch);
      this.tokens = tokens(batch);
    }

    /** What the stage that ran last gave, (B, T, D). */
    Tensor x() {
      return Objects.requireNonNull(x);
    }

    /** The gradient of what the stage below gave, (B, T, D). */
    Tensor gradient() {
      return Objects.requireNonNull(dx);
    }

    void embed(PointerScope scope) {
      try (PointerScope inner = new PointerScope()) {
        x = Tensors.keep(model.embed(tokens, dropout(EMBEDDING_SEED), null).tensor(), scope);
      }
    }

    void embedBackward() {
      try (PointerScope inner = new PointerScope()) {
        Tape tape = new Tape();
        tape.backward(model.embed(tokens, dropout(EMBEDDING_SEED), tape), gradient());
      }
    }

    Pass dropout(int stage) {
      return pass.withDropout(Seeds.generator(seed, stage));
    }

    Recorded record(Block block, int i, Tensor x) {
      Tape tape = new Tape();
      Value in = tape.leaf(x, i > lowestTrained);
      return new Recorded(tape, in, block.forward(in, dropout(i)));
    }

    double head(Objective objective, double scale, PointerScope scope) {
      LabelTokens labels = LabelTokens.of(batch);
      try (PointerScope inner = new PointerScope()) {
        Tensor selected = select(x(), labels); // (N, D)
        Tensor gradient = torch.empty_like(selected);
        Pass own = dropout(model.blocks().size());
        double loss = head.loss(selected, labels, objective, own, gradient, scale);
        Tensor all = torch.zeros_like(x());
        all.view(-1, all.size(-1)).index_copy_(0, at(labels), gradient);
        dx = Tensors.keep(all, scope);
        Balance balance = pass.balance();
        if (balance == null) {
          return loss;
        }
        double weight = objective.weight(labels);
        balance.weigh(scale * weight);
        return loss + weight * balance.loss();
      }
    }
  }

  /** A block's computation, ready for its backward pass. */
  private record Recorded(Tape tape, Value in, Value y) {}

  /**
   * The log-probs (N) of the batch's label tokens, float32, without gradients or dropout; they
   * belong to the caller's scope.
   */
  public Tensor logProbs(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.logProbs(hidden, labels, pass));
  }

  /**
   * The log-probs of the batch's label tokens and, below them, 1 where greedy decoding would give
   * the label and 0 elsewhere: (2, N), float32, without gradients or dropout; they belong to the
   * caller's scope.
   */
  public Tensor scores(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.scores(hidden, labels, pass));
  }

  /**
   * The log-probs of the batch's label tokens and, below them, their values: (2, N), float32,
   * without gradients or dropout; they belong to the caller's scope.
   */
  public Tensor valued(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.valued(hidden, labels, pass));
  }

  /**
   * What the head gives for the batch's label tokens: (N, C), float32, without gradients or
   * dropout; they belong to the caller's scope. For heads of few outputs.
   */
  public Tensor outputs(Batch batch) {
    return withHidden(batch, (hidden, labels, pass) -> head.outputs(hidden, labels, pass));
  }

  /** The sum of the loss over the batch's label tokens, without gradients or dropout. */
  double loss(Batch batch, Objective objective) {
    Tensor given = objective.ofScores() ? outputs(batch) : logProbs(batch);
    return objective.loss(given, LabelTokens.of(batch)).sum();
  }

  /** The first stage of the model whose output over this batch is not finite. */
  public Optional<String> firstNotFinite(Batch batch) {
    try (PointerScope outer = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = pass(batch);
      Tensor x = model.embed(tokens(batch), pass, null).tensor();
      if (!Tensors.allFinite(x)) {
        return Optional.of("the embedding");
      }
      for (int i = 0; i < model.blocks().size(); i++) {
        x = weights.acquire(i, false).forward(Value.of(x), pass).tensor();
        weights.release(i, false);
        if (!Tensors.allFinite(x)) {
          return Optional.of("block " + i);
        }
      }
      if (!Tensors.allFinite(model.finish(Value.of(x), pass).tensor())) {
        return Optional.of("the final norm");
      }
      LabelTokens labels = LabelTokens.of(batch);
      return Tensors.allFinite(head.logProbs(select(x, labels), labels, pass))
          ? Optional.empty()
          : Optional.of("the head");
    }
  }

  /** What is done with the hidden states (N, D) of the label tokens. */
  private interface HiddenVisitor {
    Tensor visit(Tensor hidden, LabelTokens labels, Pass pass);
  }

  private Tensor withHidden(Batch batch, HiddenVisitor visitor) {
    Tensor result;
    try (PointerScope outer = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = pass(batch);
      Tensor x = model.embed(tokens(batch), pass, null).tensor();
      for (int i = 0; i < model.blocks().size(); i++) {
        try (PointerScope inner = new PointerScope()) {
          x = Tensors.keep(weights.acquire(i, false).forward(Value.of(x), pass).tensor(), outer);
          weights.release(i, false);
        }
      }
      LabelTokens labels = LabelTokens.of(batch);
      result = visitor.visit(select(x, labels), labels, pass);
      result.retainReference();
    }
    return attachToInnermost(result);
  }

  private static Tensor attachToInnermost(Tensor pinned) {
    PointerScope scope = PointerScope.getInnerScope();
    if (scope != null) {
      Tensors.keep(pinned, scope);
      pinned.releaseReference();
    }
    return pinned;
  }

  private Tensor select(Tensor hidden, LabelTokens labels) {
    return hidden.reshape(-1, hidden.size(-1)).index_select(0, at(labels));
  }

  private Tensor at(LabelTokens labels) {
    return Tensors.longs(labels.at(), device, labels.count());
  }

  private Tensor tokens(Batch batch) {
    return model.tokens(batch.tokens(), batch.rows(), batch.length());
  }

  private Pass pass(Batch batch) {
    return model.pass(
        Places.whole(batch.positions(), batch.documents(), batch.rows(), batch.length())
            .withTypes(batch.form().types())
            .withSource(batch.form().source()));
  }
}
