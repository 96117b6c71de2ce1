package dev.luthier.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a GGUF file holds: its metadata, long values shortened, and its tensors.
 *
 * @param file the file, its head read
 */
public record GgufInspection(Gguf file) {
  /** Elements of an array that are shown. */
  private static final int MOST_SHOWN = 4;

  /** Looks at a file, or at all files of a split model. */
  public static GgufInspection of(Path path) {
    return new GgufInspection(Gguf.open(path));
  }

  /** Values of all tensors. */
  public long parameters() {
    return file.tensors().values().stream().mapToLong(GgufTensor::elements).sum();
  }

  /** Bytes of all tensors. */
  public long bytes() {
    return file.tensors().values().stream().mapToLong(GgufTensor::length).sum();
  }

  /** Bytes of all tensors by type. */
  public Map<GgufType, Long> bytesPerType() {
    Map<GgufType, Long> out = new TreeMap<>();
    file.tensors().values().forEach(t -> out.merge(t.type(), t.length(), Long::sum));
    return out;
  }

  /** All of it as one JSON object; arrays of the metadata as the first values and a count. */
  public Map<String, Object> toJson() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    file.metadata().values().forEach((key, value) -> metadata.put(key, json(value)));
    List<Map<String, Object>> tensors = new ArrayList<>();
    for (GgufTensor t : file.tensors().values()) {
      Map<String, Object> tensor = new LinkedHashMap<>();
      tensor.put("name", t.name());
      tensor.put("dtype", t.type().name());
      tensor.put("shape", t.shape());
      tensor.put("bytes", t.length());
      tensor.put("file", String.valueOf(t.path().getFileName()));
      tensors.add(tensor);
    }
    Map<String, Object> types = new LinkedHashMap<>();
    bytesPerType().forEach((type, bytes) -> types.put(type.name(), bytes));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("path", file.path().toString());
    out.put("kind", "gguf");
    out.put("version", file.version());
    out.put("parameters", parameters());
    out.put("bytes", bytes());
    out.put("bytesPerDtype", types);
    out.put("metadata", metadata);
    out.put("tensors", tensors);
    return out;
  }

  private static Object json(GgufValue value) {
    if (value instanceof GgufValue.Whole w) {
      return w.value();
    }
    if (value instanceof GgufValue.Real r) {
      return r.value();
    }
    if (value instanceof GgufValue.Flag f) {
      return f.value();
    }
    if (value instanceof GgufValue.Array a) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("element", a.element().toString());
      out.put("count", a.values().size());
      out.put("first", a.values().stream().limit(MOST_SHOWN).map(GgufInspection::json).toList());
      return out;
    }
    return value.toString();
  }

  /** All of it as lines for a terminal, each ending with a newline. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    out.append(file.path().getFileName()).append(" (GGUF ").append(file.version()).append(")\n");
    file.metadata()
        .values()
        .forEach(
            (key, value) ->
                out.append("  ")
                    .append(Problems.shortened(key))
                    .append(" = ")
                    .append(text(value))
                    .append('\n'));
    int width =
        file.tensors().keySet().stream()
            .mapToInt(n -> Problems.shortened(n).length())
            .max()
            .orElse(0);
    for (GgufTensor t : file.tensors().values()) {
      String name = Problems.shortened(t.name());
      out.append(name)
          .append(" ".repeat(width - name.length()))
          .append("  ")
          .append(t.type())
          .append("  ")
          .append(t.shape())
          .append('\n');
    }
    out.append(
        String.format(
            Locale.ROOT,
            "%,d tensors, %,d parameters, %,d bytes",
            file.tensors().size(),
            parameters(),
            bytes()));
    bytesPerType()
        .forEach((type, n) -> out.append(String.format(Locale.ROOT, "; %s %,d", type, n)));
    return out.append('\n').toString();
  }

  private static String text(GgufValue value) {
    if (value instanceof GgufValue.Array a) {
      List<String> first = a.values().stream().limit(MOST_SHOWN).map(GgufInspection::text).toList();
      String more = a.values().size() > MOST_SHOWN ? ", ..." : "";
      return a.values().size() + " x " + a.element() + " [" + String.join(", ", first) + more + "]";
    }
    return Problems.shortened(value.toString());
  }
}
