package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a frozen table that an adapter trains: those of a few tokens, of the embedding and, in
 * the same way, of the head. They are PEFT's {@code trainable_tokens_delta}, which in spite of its
 * name holds the rows themselves.
 *
 * @param rows (n, D), float32 where they are trained
 * @param frozen (n, D), what the table has in their place, in the compute dtype
 * @param ids (n), int64
 * @param places (V), int64: which of the rows a token has, or -1
 */
record TokenRows(Tensor rows, Tensor frozen, Tensor ids, Tensor places) {
  /** What follows a module's path in the name of its rows. */
  static final String SUFFIX = ".token_adapter.trainable_tokens_delta";

  /** What an adapter calls the rows of a table. */
  static String name(String table) {
    return table.replaceAll("\\.weight$", "") + SUFFIX;
  }

  /**
   * The rows that an adapter has of a table, or null. They begin as the table's.
   *
   * @param name of the table
   * @param count V
   */
  static @Nullable TokenRows of(LoraLayers lora, String name, Weight table, int count) {
    List<Integer> tokens = lora.settings().trainableTokenIndices();
    String rows = name(name);
    if (tokens.isEmpty() || !lora.parameters().has(rows)) {
      return null;
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      TensorVector parts = new TensorVector();
      tokens.forEach(id -> parts.push_back(table.rows(id, 1)));
      Tensor start = torch.cat(parts, 0); // (n, D)
      Parameters parameters = lora.parameters();
      Device device = parameters.device().isMeta() ? Device.CPU : parameters.device();
      long[] ids = tokens.stream().mapToLong(Integer::longValue).toArray();
      long[] places = new long[count];
      Arrays.fill(places, -1);
      IntStream.range(0, ids.length).forEach(i -> places[tokens.get(i)] = i);
      return new TokenRows(
          parameters.get(rows, start),
          Tensors.pin(Tensors.cast(start, parameters.compute())),
          Tensors.pin(Tensors.longs(ids, device, ids.length)),
          Tensors.pin(Tensors.longs(places, device, count)));
    }
  }

  boolean trained() {
    return rows.requires_grad();
  }

  /**
   * Puts the rows in the place of the table's.
   *
   * @param tokens any shape
   * @param found (..., D), written
   */
  void replace(Tensor tokens, Tensor found) {
    Tensor at = at(tokens); // (k)
    if (at.numel() > 0) {
      Tensor own = rows.detach().index_select(0, which(tokens, at));
      found.view(-1, found.size(-1)).index_copy_(0, at, Tensors.cast(own, Tensors.dtype(found)));
    }
  }

  /**
   * Adds to the rows' gradients.
   *
   * @param tokens any shape
   * @param dy (..., D)
   */
  void addGradient(Tensor tokens, Tensor dy) {
    if (trained()) {
      Tensor at = at(tokens);
      Tensor own = dy.reshape(-1, dy.size(-1)).index_select(0, at);
      Tensor sum = torch.zeros_like(rows.detach());
      sum.index_add_(0, which(tokens, at), Tensors.cast(own, ScalarType.Float));
      Gradient.add(rows, sum, 1);
    }
  }

  /** Where tokens stand that have a row here. */
  private Tensor at(Tensor tokens) {
    return places.index_select(0, tokens.flatten()).ge(Tensors.scalar(0)).nonzero().flatten();
  }

  private Tensor which(Tensor tokens, Tensor at) {
    return places.index_select(0, tokens.flatten().index_select(0, at));
  }

  /**
   * Makes a head's outputs those of the rows, given those of the table.
   *
   * @param y (N, V), added to
   * @param x (N, D)
   */
  void addTo(Tensor y, Tensor x) {
    y.index_add_(1, ids, Products.linear(x, change(), null));
  }

  /** What the rows are more than the table's. */
  private Tensor change() {
    return Tensors.cast(rows.detach().sub(frozen), Tensors.dtype(frozen));
  }

  /**
   * The way back of {@link #addTo}.
   *
   * @param dy (N, V)
   * @param x (N, D)
   * @param dx (N, D), added to
   */
  void backward(Tensor dy, Tensor x, @Nullable Tensor dx) {
    Tensor own = dy.index_select(1, ids); // (N, n)
    if (dx != null) {
      dx.add_(Products.of(own, change()));
    }
    if (trained()) {
      Gradient.addProduct(rows, own, x, 1);
    }
  }
}
