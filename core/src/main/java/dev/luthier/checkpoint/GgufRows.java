package dev.luthier.checkpoint;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufFamily.Trait;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The order of rows in matrices and biases of attention, as llama.cpp stores them and as Hugging
 * Face does.
 *
 * @param family which orders differ
 * @param heads H, of queries
 * @param keyHeads K, of keys and values
 * @param where the model, for messages
 */
public record GgufRows(GgufFamily family, long heads, long keyHeads, String where) {
  /**
   * Rows, or what stands for them, in Hugging Face's order.
   *
   * @param name GGUF's name of the tensor
   * @param rows (out, anything) or (out)
   */
  Tensor loaded(String name, Tensor rows) {
    return switch (module(name)) {
      case "attn_q" -> unpaired(name, rows, heads);
      case "attn_k" -> unpaired(name, rows, keyHeads);
      case "attn_qkv" -> grouped(name, rows);
      default -> rows;
    };
  }

  /** The same in GGUF's order: {@link #loaded} the other way. */
  public Tensor stored(String name, Tensor rows) {
    return switch (module(name)) {
      case "attn_q" -> paired(name, rows, heads);
      case "attn_k" -> paired(name, rows, keyHeads);
      case "attn_qkv" -> byKind(name, rows);
      default -> rows;
    };
  }

  /** What follows the number of a decoder's block. */
  private static String module(String name) {
    String[] path = name.split("\\.");
    return path.length == 4 && path[0].equals("blk") ? path[2] : "";
  }

  private boolean has(Trait trait) {
    return family.traits().contains(trait);
  }

  /** The converter takes a head's rows 0, E/2, 1, E/2 + 1, ... where neighbours are rotated. */
  private Tensor unpaired(String name, Tensor rows, long heads) {
    return has(Trait.PAIRED_ROWS) ? exchanged(name, rows, heads, true) : rows;
  }

  private Tensor paired(String name, Tensor rows, long heads) {
    return has(Trait.PAIRED_ROWS) ? exchanged(name, rows, heads, false) : rows;
  }

  private Tensor exchanged(String name, Tensor rows, long heads, boolean apart) {
    long out = rows.size(0);
    divides(name, out, 2 * heads, heads + " heads do not divide into pairs");
    long half = out / heads / 2;
    Tensor all = apart ? rows.view(heads, half, 2, -1) : rows.view(heads, 2, half, -1);
    return all.transpose(1, 2).reshape(Tensors.shape(rows));
  }

  /** From all q, all k, all v to the H / K queries, the key and the value of each key head. */
  private Tensor grouped(String name, Tensor rows) {
    if (!has(Trait.GROUPED_ROWS)) {
      return rows;
    }
    long e = width(name, rows);
    Tensor q = rows.narrow(0, 0, heads * e).view(keyHeads, heads / keyHeads * e, -1);
    Tensor k = rows.narrow(0, heads * e, keyHeads * e).view(keyHeads, e, -1);
    Tensor v = rows.narrow(0, (heads + keyHeads) * e, keyHeads * e).view(keyHeads, e, -1);
    return torch.cat(new TensorVector(q, k, v), 1).reshape(Tensors.shape(rows));
  }

  private Tensor byKind(String name, Tensor rows) {
    if (!has(Trait.GROUPED_ROWS)) {
      return rows;
    }
    long e = width(name, rows);
    long queries = heads / keyHeads * e;
    Tensor groups = rows.view(keyHeads, queries + 2 * e, -1);
    long columns = groups.size(2);
    Tensor q = groups.narrow(1, 0, queries).reshape(-1, columns);
    Tensor k = groups.narrow(1, queries, e).reshape(-1, columns);
    Tensor v = groups.narrow(1, queries + e, e).reshape(-1, columns);
    return torch.cat(new TensorVector(q, k, v), 0).reshape(Tensors.shape(rows));
  }

  /** E, the width of a head. */
  private long width(String name, Tensor rows) {
    long parts = heads + 2 * keyHeads;
    divides(
        name, rows.size(0), parts, heads + " heads over " + keyHeads + " key heads do not divide");
    divides(name, heads, keyHeads, keyHeads + " key heads do not share");
    return rows.size(0) / parts;
  }

  private void divides(String name, long whole, long parts, String problem) {
    if (parts < 1 || whole % parts != 0) {
      throw new LuthierException(where + ": tensor '" + name + "' has rows that " + problem);
    }
  }
}
