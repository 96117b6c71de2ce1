package dev.luthier.llamacpp;

import dev.luthier.format.GgufType;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.format.GgufWriter.Entry;
import dev.luthier.tokenizer.GgufVocabulary;
import dev.luthier.tokenizer.TestTokenizers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** A Llama of two layers with random weights, and adapters for it, as GGUF files. */
public final class TinyGguf {
  /** V. */
  public static final int VOCABULARY = 400;

  /** The tokenizer's end of a text. */
  public static final int END = 2;

  /** What ends an answer as well, as only the GGUF file says. */
  public static final int END_OF_TURN = 0;

  private static final int HIDDEN = 32;
  private static final int FEED = 64;
  private static final int LAYERS = 2;
  private static final int CONTEXT = 256;

  private TinyGguf() {}

  /** Its tokenizer is {@link TestTokenizers#chat}. */
  public static Path model(Path file) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("llama.context_length", GgufValue.uint32(CONTEXT));
    metadata.put("llama.embedding_length", GgufValue.uint32(HIDDEN));
    metadata.put("llama.block_count", GgufValue.uint32(LAYERS));
    metadata.put("llama.feed_forward_length", GgufValue.uint32(FEED));
    metadata.put("llama.attention.head_count", GgufValue.uint32(4));
    metadata.put("llama.attention.head_count_kv", GgufValue.uint32(2));
    metadata.put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-5));
    metadata.put("llama.rope.dimension_count", GgufValue.uint32(8));
    metadata.put("llama.rope.freq_base", GgufValue.float32(10_000));
    metadata.put("llama.vocab_size", GgufValue.uint32(VOCABULARY));
    metadata.put("general.file_type", GgufValue.uint32(0));
    metadata.putAll(
        GgufVocabulary.of(TestTokenizers.chatFolder(), VOCABULARY, Set.of(END, END_OF_TURN)));
    Random random = new Random(7);
    List<Entry> tensors = new ArrayList<>();
    tensors.add(entry("token_embd.weight", random, 1, VOCABULARY, HIDDEN));
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      tensors.add(entry(block + "attn_norm.weight", random, 0, HIDDEN));
      tensors.add(entry(block + "attn_q.weight", random, 0.2, HIDDEN, HIDDEN));
      tensors.add(entry(block + "attn_k.weight", random, 0.2, HIDDEN / 2, HIDDEN));
      tensors.add(entry(block + "attn_v.weight", random, 0.2, HIDDEN / 2, HIDDEN));
      tensors.add(entry(block + "attn_output.weight", random, 0.2, HIDDEN, HIDDEN));
      tensors.add(entry(block + "ffn_norm.weight", random, 0, HIDDEN));
      tensors.add(entry(block + "ffn_gate.weight", random, 0.2, FEED, HIDDEN));
      tensors.add(entry(block + "ffn_up.weight", random, 0.2, FEED, HIDDEN));
      tensors.add(entry(block + "ffn_down.weight", random, 0.2, HIDDEN, FEED));
    }
    tensors.add(entry("output_norm.weight", random, 0, HIDDEN));
    tensors.add(entry("output.weight", random, 0.5, VOCABULARY, HIDDEN));
    GgufWriter.write(file, metadata, tensors);
    return file;
  }

  /** Of rank 4, on the matrices that make queries and values. */
  public static Path adapter(Path file, long seed) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("general.type", GgufValue.of("adapter"));
    metadata.put("adapter.type", GgufValue.of("lora"));
    metadata.put("adapter.lora.alpha", GgufValue.float32(8));
    Random random = new Random(seed);
    List<Entry> tensors = new ArrayList<>();
    for (int i = 0; i < LAYERS; i++) {
      for (String name : List.of("attn_q", "attn_v")) {
        int out = name.equals("attn_q") ? HIDDEN : HIDDEN / 2;
        String weight = "blk." + i + "." + name + ".weight";
        tensors.add(entry(weight + ".lora_a", random, 0.4, 4, HIDDEN));
        tensors.add(entry(weight + ".lora_b", random, 0.4, out, 4));
      }
    }
    GgufWriter.write(file, metadata, tensors);
    return file;
  }

  /** Ones where the spread is 0. */
  private static Entry entry(String name, Random random, double spread, long... shape) {
    int count = 1;
    for (long n : shape) {
      count *= (int) n;
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(spread == 0 ? 1 : (float) (spread * random.nextGaussian()));
    }
    List<Long> sizes = Stream.of(shape).flatMap(s -> Arrays.stream(s).boxed()).toList();
    return new Entry(name, GgufType.F32, sizes, channel -> channel.write(bytes.flip()));
  }
}
