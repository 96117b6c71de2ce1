package dev.luthier.export;

import dev.luthier.format.GgufType;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which type each tensor of a file gets: llama.cpp's choice ({@code llama_tensor_get_type} of
 * {@code llama-quant.cpp}). Matrices that spoil much when they are rounded get more bits: those
 * that make values, those on the way out of a feed-forward layer, the head; all of them in the
 * first and last blocks and in every third between. K types need rows of whole blocks of 256; where
 * rows are shorter, a type with blocks of 32 takes their place, and F16 where that does not fit
 * either.
 *
 * @param fileType what most matrices are stored as
 * @param architecture {@code general.architecture}
 * @param blocks L
 * @param heads H
 * @param keyHeads K
 * @param experts in a layer; 0 for none
 * @param importance whether there is an importance matrix
 * @param pure whether all matrices get the file's type
 */
record GgufRecipe(
    GgufFileType fileType,
    String architecture,
    int blocks,
    long heads,
    long keyHeads,
    long experts,
    boolean importance,
    boolean pure) {
  private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d+)\\..*");
  private static final String OUTPUT = "output.weight";
  private static final String EMBEDDING = "token_embd.weight";
  private static final int MIXTRAL = 8;

  /** Large groups of query heads share a key head: its matrices are small, so bits cost little. */
  private static final int LARGE_GROUP = 4;

  /** Never quantized: small, and what follows depends on them. */
  private static final Set<String> KEPT =
      Set.of("position_embd.weight", "token_types.weight", "pos_embd.weight");

  private static final List<String> KEPT_PARTS =
      List.of("_norm.weight", "ffn_gate_inp.weight", "attn_rel_b.weight");

  /** The order in which llama.cpp goes through tensors: outside of blocks first, then by block. */
  static final Comparator<String> ORDER =
      Comparator.comparingInt(GgufRecipe::block).thenComparing(Comparator.naturalOrder());

  /** A block's number; -1 for what is in none. */
  private static int block(String name) {
    Matcher m = BLOCK.matcher(name);
    return m.matches() ? Integer.parseInt(m.group(1)) : -1;
  }

  /** Whether a tensor may be stored in another type than float32. */
  static boolean quantizes(String name, List<Long> shape) {
    return shape.size() > 1
        && name.endsWith("weight")
        && !KEPT.contains(name)
        && KEPT_PARTS.stream().noneMatch(name::contains);
  }

  /**
   * Each tensor's type.
   *
   * @param shapes of all tensors, row-major
   * @return in {@link #ORDER}
   */
  Map<String, GgufType> types(Map<String, List<Long>> shapes) {
    int values = (int) shapes.keySet().stream().filter(GgufRecipe::makesValues).count();
    boolean tied = !shapes.containsKey(OUTPUT);
    Map<String, GgufType> out = new LinkedHashMap<>();
    int value = 0;
    int down = 0;
    for (String name : shapes.keySet().stream().sorted(ORDER).toList()) {
      List<Long> shape = Objects.requireNonNull(shapes.get(name));
      if (!quantizes(name, shape)) {
        out.put(name, GgufType.F32);
        continue;
      }
      long columns = shape.get(shape.size() - 1);
      GgufType type = fileType.type();
      if (type.isQuantized() && !pure) {
        if (name.equals(OUTPUT) || tied && name.equals(EMBEDDING)) {
          type = head(columns);
        } else if (makesValues(name)) {
          type = values(value++, values);
        } else if (name.contains("attn_k.weight")) {
          type = experts == MIXTRAL ? GgufType.Q8_0 : type;
        } else if (name.contains("ffn_down")) {
          type = down(experts > 1 ? block(name) : down);
          down++;
        } else if (name.contains("attn_output.weight")) {
          type = wayOut();
        }
      }
      out.put(name, fitting(type, columns));
    }
    return out;
  }

  private static boolean makesValues(String name) {
    return name.contains("attn_v.weight") || name.contains("attn_qkv.weight");
  }

  private boolean falcon() {
    return architecture.equals("falcon");
  }

  private GgufType head(long columns) {
    boolean fits = columns % fileType.type().blockValues() == 0;
    return falcon() || !fits || fileType == GgufFileType.Q8_0 ? GgufType.Q8_0 : GgufType.Q6_K;
  }

  /** The first and the last eighth of all, and every third between. */
  private static boolean moreBits(int i, int n) {
    return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
  }

  private GgufType values(int i, int n) {
    boolean large = heads / keyHeads >= LARGE_GROUP;
    GgufType type =
        switch (fileType) {
          case Q2_K -> large ? GgufType.Q4_K : GgufType.Q3_K;
          case Q3_K_M -> i < 2 ? GgufType.Q5_K : GgufType.Q4_K;
          case Q3_K_L -> GgufType.Q5_K;
          case IQ4_NL, IQ4_XS -> large ? GgufType.Q5_K : fileType.type();
          case Q4_K_M, Q5_K_M -> moreBits(i, n) ? GgufType.Q6_K : fileType.type();
          case Q4_K_S -> i < 4 ? GgufType.Q5_K : fileType.type();
          default -> fileType.type();
        };
    boolean of70b = architecture.equals("llama") && blocks == 80 && heads != keyHeads;
    if (of70b && (type == GgufType.Q3_K || type == GgufType.Q4_K)) {
      type = GgufType.Q5_K;
    }
    return experts == MIXTRAL ? GgufType.Q8_0 : type;
  }

  private GgufType down(int i) {
    boolean first = i < blocks / 8;
    return switch (fileType) {
      case Q2_K -> GgufType.Q3_K;
      case Q3_K_M ->
          i < blocks / 16
              ? GgufType.Q5_K
              : !falcon() || moreBits(i, blocks) ? GgufType.Q4_K : GgufType.Q3_K;
      case Q3_K_L -> falcon() ? GgufType.Q4_K : GgufType.Q5_K;
      case Q4_K_M -> falcon() ? falconDown(i) : more(i);
      case Q5_K_M -> more(i);
      case IQ4_NL, IQ4_XS -> first && !importance ? GgufType.Q5_K : fileType.type();
      case Q4_K_S -> first && !falcon() ? GgufType.Q5_K : fileType.type();
      case Q4_0 -> first && importance ? GgufType.Q4_1 : fileType.type();
      case Q5_0 -> first && importance ? GgufType.Q5_1 : fileType.type();
      default -> fileType.type();
    };
  }

  private GgufType more(int i) {
    return moreBits(i, blocks) ? GgufType.Q6_K : fileType.type();
  }

  private GgufType falconDown(int i) {
    return i < blocks / 16 ? GgufType.Q6_K : moreBits(i, blocks) ? GgufType.Q5_K : fileType.type();
  }

  /** Out of attention. */
  private GgufType wayOut() {
    if (falcon()) {
      return fileType == GgufFileType.Q3_K_L ? GgufType.Q4_K : fileType.type();
    }
    if (experts == MIXTRAL) {
      return switch (fileType) {
        case Q2_K, Q3_K_S, Q3_K_M, Q4_K_S, Q4_K_M, IQ4_NL, IQ4_XS -> GgufType.Q5_K;
        default -> fileType.type();
      };
    }
    return switch (fileType) {
      case Q2_K -> GgufType.Q3_K;
      case Q3_K_M -> GgufType.Q4_K;
      case Q3_K_L -> GgufType.Q5_K;
      default -> fileType.type();
    };
  }

  /** The type itself, or what takes its place in rows that are no whole blocks of it. */
  static GgufType fitting(GgufType type, long columns) {
    if (columns % type.blockValues() == 0) {
      return type;
    }
    GgufType smaller =
        switch (type) {
          case IQ4_XS -> GgufType.IQ4_NL;
          case Q2_K, Q3_K -> GgufType.Q4_0;
          case Q4_K -> GgufType.Q5_0;
          case Q5_K -> GgufType.Q5_1;
          case Q6_K -> GgufType.Q8_0;
          default -> GgufType.F16;
        };
    return columns % smaller.blockValues() == 0 ? smaller : GgufType.F16;
  }
}
