package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.model.Block;
import dev.luthier.model.Decoder;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Forward and backward over one micro-batch, block by block.
 *
 * <ol>
 *   <li>Forward without gradients, keeping each block's input (B, T, D).
 *   <li>Head and loss over label tokens, in chunks.
 *   <li>Backward from the last block to the first: a block is recomputed with gradients on, gives
 *       its parameters' gradients and that of its input, and is forgotten.
 * </ol>
 *
 * <p>Activation memory is thus one (B, T, D) per block and the working set of a single block (Chen
 * et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174). Without recomputation
 * the blocks' graphs are kept instead: a third less work, for much more memory.
 */
public final class BlockwiseStep {
  private static final Pattern LAYER = Pattern.compile("\\.(\\d+)\\.");
  private static final int EMBEDDING = -1;

  private final Decoder model;
  private final WeightSource weights;
  private final Head head;
  private final Device device;
  private final int firstKept;
  private final int lowestTrained;

  /**
   * @param recompute whether blocks are computed again on the way back rather than kept
   */
  public BlockwiseStep(Decoder model, WeightSource weights, boolean recompute) {
    this.model = model;
    this.weights = weights;
    this.head = new Head(model);
    this.device = model.parameters().device();
    this.firstKept = recompute ? model.blocks().size() : 0;
    this.lowestTrained = lowestTrained(model);
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
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      return new MicroBatch(batch, seed, scope).forwardBackward(objective, scale);
    }
  }

  /** One micro-batch on its way through the model and back. */
  private final class MicroBatch {
    private final Batch batch;
    private final long seed;
    private final PointerScope scope;
    private final Pass pass;
    private final Tensor tokens;
    private final int blocks = model.blocks().size();
    private final Tensor[] inputs = new Tensor[blocks];
    private final Recorded[] kept = new Recorded[blocks];

    MicroBatch(Batch batch, long seed, PointerScope scope) {
      this.batch = batch;
      this.seed = seed;
      this.scope = scope;
      this.pass = pass(batch);
      this.tokens = tokens(batch);
    }

    double forwardBackward(Objective objective, double scale) {
      Tensor x = model.embed(tokens); // (B, T, D)
      for (int i = 0; i < blocks; i++) {
        x = forward(i, x);
      }
      Tensor[] dx = new Tensor[1];
      double loss = head(x, objective, scale, dx);
      x.close();
      for (int i = blocks - 1; i >= Math.max(0, lowestTrained); i--) {
        dx[0] = backward(i, dx[0]);
      }
      if (lowestTrained == EMBEDDING) {
        model.embedBackward(tokens, dx[0]);
      }
      return loss;
    }

    private Tensor forward(int i, Tensor x) {
      inputs[i] = x;
      Block block = weights.acquire(i, false);
      try {
        if (i >= firstKept && i >= lowestTrained) {
          kept[i] = record(block, i);
          return kept[i].y().tensor();
        }
        try (PointerScope inner = new PointerScope()) {
          Value y = block.forward(Value.of(x), dropout(pass, seed, i));
          return Tensors.keep(y.tensor(), scope);
        }
      } finally {
        weights.release(i, false);
      }
    }

    private Recorded record(Block block, int i) {
      Tape tape = new Tape();
      Value in = tape.leaf(inputs[i], i > lowestTrained);
      return new Recorded(tape, in, block.forward(in, dropout(pass, seed, i)));
    }

    private double head(Tensor x, Objective objective, double scale, Tensor[] dx) {
      LabelTokens labels = LabelTokens.of(batch);
      try (PointerScope inner = new PointerScope()) {
        Tensor selected = select(x, labels); // (N, D)
        Tensor gradient = torch.empty_like(selected);
        Pass own = dropout(pass, seed, blocks);
        double loss = head.loss(selected, labels, objective, own, gradient, scale);
        Tensor all = torch.zeros_like(x);
        all.view(-1, x.size(-1)).index_copy_(0, at(labels), gradient);
        dx[0] = Tensors.keep(all, scope);
        return loss;
      }
    }

    /** From the gradient of a block's output to that of its input. */
    private Tensor backward(int i, Tensor dy) {
      Block block = weights.acquire(i, true);
      try (PointerScope inner = new PointerScope()) {
        Recorded recorded = kept[i] == null ? record(block, i) : kept[i];
        recorded.tape().backward(recorded.y(), dy);
        dy.close();
        return i > lowestTrained ? Tensors.keep(recorded.in().gradient(), scope) : dy;
      } finally {
        weights.release(i, true);
        inputs[i].close();
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

  /** The first stage of the model whose output over this batch is not finite. */
  public Optional<String> firstNotFinite(Batch batch) {
    try (PointerScope outer = new PointerScope();
        Grad off = Grad.off()) {
      Pass pass = pass(batch);
      Tensor x = model.embed(tokens(batch));
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
      return Tensors.allFinite(model.norm(Value.of(x)).tensor())
          ? Optional.empty()
          : Optional.of("the final norm");
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
      Tensor x = model.embed(tokens(batch));
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
    return Tensors.longs(batch.tokens(), device, batch.rows(), batch.length());
  }

  private Pass pass(Batch batch) {
    return model.pass(batch.positions(), batch.documents(), batch.rows(), batch.length());
  }

  private static Pass dropout(Pass pass, long seed, int block) {
    return pass.withDropout(Seeds.generator(seed, block));
  }

  /**
   * The lowest block with a trainable parameter; -1 for the embedding, the number of blocks for the
   * head alone.
   */
  private static int lowestTrained(Decoder model) {
    int lowest = model.blocks().size();
    for (String name : Trainables.of(model).keySet()) {
      if (name.contains("embed")) {
        return EMBEDDING;
      }
      Matcher m = LAYER.matcher(name);
      if (m.find()) {
        lowest = Math.min(lowest, Integer.parseInt(m.group(1)));
      }
    }
    return lowest;
  }
}
