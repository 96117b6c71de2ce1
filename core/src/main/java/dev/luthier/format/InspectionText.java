package dev.luthier.format;

import java.util.List;
import java.util.Locale;

/** An {@link Inspection} as lines of text. */
final class InspectionText {
  private static final int WIDEST = 100;

  private InspectionText() {}

  static String of(Inspection in) {
    StringBuilder out = new StringBuilder();
    in.configs().forEach((name, json) -> out.append(name).append('\n').append(Json.pretty(json)));
    for (WeightFile file : in.files()) {
      out.append(file.path().getFileName()).append('\n');
      file.metadata().forEach((k, v) -> out.append("  " + visible(k) + " = " + visible(v) + "\n"));
    }
    tensors(in.tensors().toList(), out);
    in.aliases().forEach((a, n) -> out.append(visible(a) + " is " + visible(n) + "\n"));
    in.problems().forEach(p -> out.append("problem: ").append(p).append('\n'));
    if (!in.files().isEmpty()) {
      out.append(
          String.format(
              Locale.ROOT,
              "%,d tensors, %,d parameters, %,d bytes",
              in.tensors().count(),
              in.parameters(),
              in.bytes()));
      in.bytesPerDtype()
          .forEach((d, bytes) -> out.append(String.format(Locale.ROOT, "; %s %,d", d, bytes)));
      out.append('\n');
    }
    return out.toString();
  }

  private static void tensors(List<TensorInfo> tensors, StringBuilder out) {
    int width =
        tensors.stream()
            .mapToInt(t -> Math.min(visible(t.name()).length(), WIDEST))
            .max()
            .orElse(0);
    for (TensorInfo t : tensors) {
      String name = visible(t.name());
      out.append(name)
          .append(" ".repeat(Math.max(0, width - name.length())))
          .append("  ")
          .append(t.dtype())
          .append("  ")
          .append(t.shape())
          .append('\n');
    }
  }

  /** A file's texts must not steer the terminal. */
  private static String visible(String s) {
    StringBuilder out = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }
}
