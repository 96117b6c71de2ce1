package dev.luthier.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Llama in the one-file form of llama2.c: a header of sizes, and float32 weights without names,
 * each kind for all layers in a row.
 *
 * <p>Version 0 has seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size,
 * negative where the head is not the embedding, and seq_len); version 1 has {@code ak42}, its
 * number, the same seven and a byte for a shared head, in 256 bytes. Nothing but the exact size of
 * the file says that a file is of version 0.
 *
 * <p>Its rotary embedding turns neighbouring rows of q and k; Hugging Face's turns rows that are
 * half a head apart. So q and k are views of what is stored, with the rows of each head put in that
 * order.
 */
public record Llama2cFile(Path path, ObjectNode config, Map<String, TensorInfo> tensors)
    implements WeightFile {
  private static final int MAGIC = 0x616b3432;
  private static final int VERSION_1_BYTES = 256;
  private static final int SIZES = 7;

  /** Makes the map unmodifiable, keeping its order. */
  public Llama2cFile {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Whether a file's header and size are those of a llama2.c model. */
  public static boolean isOne(Path path) {
    return path.toString().endsWith(".bin") && Files.isRegularFile(path) && read(path).isPresent();
  }

  /**
   * Reads the header.
   *
   * @throws LuthierException if the file is none
   */
  public static Llama2cFile open(Path path) {
    return read(path)
        .orElseThrow(
            () ->
                new LuthierException(
                    path
                        + " is no llama2.c model: its size is not that of the weights in its"
                        + " header. Copy or download it again"));
  }

  private static Optional<Llama2cFile> read(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < VERSION_1_BYTES) {
        return Optional.empty();
      }
      ByteBuffer head = FileRegion.read(channel, 0, VERSION_1_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      boolean versioned = head.getInt(0) == MAGIC;
      if (versioned && head.getInt(4) != 1) {
        throw new LuthierException(
            path
                + " is a llama2.c model of version "
                + head.getInt(4)
                + "; read are 0 and 1, which are float32. Export it as one of these");
      }
      int[] sizes = new int[SIZES];
      for (int i = 0; i < SIZES; i++) {
        sizes[i] = head.getInt((versioned ? 8 : 0) + Integer.BYTES * i);
      }
      boolean tied = versioned ? head.get(8 + Integer.BYTES * SIZES) != 0 : sizes[5] > 0;
      sizes[5] = versioned ? sizes[5] : Math.abs(sizes[5]);
      return new Layout(sizes, tied, versioned).file(path, size);
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of("llama2.c", "float32");
  }

  @Override
  public Map<String, String> aliases() {
    return Map.of();
  }

  /** The sizes in the header, and where each tensor stands by them. */
  private static final class Layout {
    private final long dim;
    private final long hidden;
    private final int layers;
    private final long heads;
    private final long keyHeads;
    private final long vocabulary;
    private final long positions;
    private final boolean tied;
    private final boolean versioned;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    private long at;

    Layout(int[] sizes, boolean tied, boolean versioned) {
      this.dim = sizes[0];
      this.hidden = sizes[1];
      this.layers = sizes[2];
      this.heads = sizes[3];
      this.keyHeads = sizes[4];
      this.vocabulary = sizes[5];
      this.positions = sizes[6];
      this.tied = tied;
      this.versioned = versioned;
      this.at = versioned ? VERSION_1_BYTES : (long) Integer.BYTES * SIZES;
    }

    Optional<Llama2cFile> file(Path path, long size) {
      if (!isPlausible(size)) {
        return Optional.empty();
      }
      if (versioned) {
        version1();
      } else {
        version0();
      }
      return at == size ? Optional.of(new Llama2cFile(path, config(), tensors)) : Optional.empty();
    }

    /** So that no product below overflows, and no list of tensors is longer than the file. */
    private boolean isPlausible(long size) {
      long floats = size / Float.BYTES;
      return dim > 0
          && hidden > 0
          && layers > 0
          && heads > 0
          && keyHeads > 0
          && vocabulary > 0
          && positions > 0
          && dim % (2 * heads) == 0
          && heads % keyHeads == 0
          && dim <= floats / hidden
          && dim <= floats / vocabulary
          && dim <= floats / dim
          && dim <= floats / layers
          && positions <= floats;
    }

    private void version0() {
      add("model.embed_tokens.weight", vocabulary, dim);
      norms("input_layernorm");
      attention();
      norms("post_attention_layernorm");
      feedForward();
      add("model.norm.weight", dim);
      at += positions * (dim / heads) * Float.BYTES; // cosines and sines, which are computed anew
      head();
    }

    private void version1() {
      norms("input_layernorm");
      norms("post_attention_layernorm");
      add("model.norm.weight", dim);
      add("model.embed_tokens.weight", vocabulary, dim);
      attention();
      feedForward();
      head();
    }

    private void norms(String name) {
      for (int i = 0; i < layers; i++) {
        add(layer(i, name), dim);
      }
    }

    private void attention() {
      long keys = dim / heads * keyHeads;
      for (int i = 0; i < layers; i++) {
        rotated(layer(i, "self_attn.q_proj"), heads);
      }
      for (int i = 0; i < layers; i++) {
        rotated(layer(i, "self_attn.k_proj"), keyHeads);
      }
      matrices("self_attn.v_proj", keys, dim);
      matrices("self_attn.o_proj", dim, dim);
    }

    private void feedForward() {
      matrices("mlp.gate_proj", hidden, dim);
      matrices("mlp.down_proj", dim, hidden);
      matrices("mlp.up_proj", hidden, dim);
    }

    private void matrices(String name, long rows, long columns) {
      for (int i = 0; i < layers; i++) {
        add(layer(i, name), rows, columns);
      }
    }

    private void head() {
      if (!tied) {
        add("lm_head.weight", vocabulary, dim);
      }
    }

    private static String layer(int i, String name) {
      return "model.layers." + i + "." + name + ".weight";
    }

    private void add(String name, Long... shape) {
      put(name, List.of(shape), Optional.empty());
    }

    /** Row 2j + p of a head of {@code size} rows becomes row {@code p * size / 2 + j}. */
    private void rotated(String name, long count) {
      long size = dim / heads;
      put(
          name,
          List.of(count * size, dim),
          Optional.of(
              new TensorInfo.View(
                  List.of(count, 2L, size / 2, dim), List.of(size * dim, dim, 2 * dim, 1L))));
    }

    private void put(String name, List<Long> shape, Optional<TensorInfo.View> view) {
      long length = Float.BYTES;
      for (long n : shape) {
        length *= n;
      }
      tensors.put(name, new TensorInfo(name, DType.F32, shape, at, length, view));
      at += length;
    }

    private ObjectNode config() {
      ObjectNode out = Json.object();
      out.putArray("architectures").add("LlamaForCausalLM");
      return out.put("model_type", "llama")
          .put("hidden_size", dim)
          .put("intermediate_size", hidden)
          .put("num_hidden_layers", layers)
          .put("num_attention_heads", heads)
          .put("num_key_value_heads", keyHeads)
          .put("vocab_size", vocabulary)
          .put("max_position_embeddings", positions)
          .put("rms_norm_eps", 1e-5)
          .put("rope_theta", 10000.0)
          .put("hidden_act", "silu")
          .put("tie_word_embeddings", tied)
          .put("bos_token_id", 1)
          .put("eos_token_id", 2)
          .put("torch_dtype", "float32");
    }
  }
}
