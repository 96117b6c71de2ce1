package dev.luthier.recipe;

import java.util.ArrayList;
import java.util.List;

/** Prints a recipe's settings as a YAML file that can be saved and used. */
public final class SettingPrinter {
  private static final int HELP_COLUMN = 34;

  private SettingPrinter() {}

  /**
   * Returns every setting with its default and one line of help. What has no default is commented
   * out. A group within a group must come last there.
   */
  public static String yaml(Class<? extends Record> type) {
    StringBuilder out = new StringBuilder();
    List<String> open = new ArrayList<>();
    for (SettingKey key : SettingKey.of(type)) {
      List<String> parts = List.of(key.key().split("\\."));
      List<String> groups = parts.subList(0, parts.size() - 1);
      if (!groups.equals(open)) {
        open = groups;
        String name = groups.get(groups.size() - 1);
        out.append('\n').append("  ".repeat(groups.size() - 1)).append(name).append(":\n");
      }
      String indent = "  ".repeat(groups.size());
      out.append(line(indent, parts.get(parts.size() - 1), key)).append('\n');
    }
    return out.toString();
  }

  private static String line(String indent, String name, SettingKey key) {
    String value = key.value().map(SettingPrinter::quoted).orElse("");
    String left = indent + (key.value().isPresent() ? "" : "# ") + name + ": " + value;
    String help = (key.required() ? "required: " : "") + key.help();
    return left + " ".repeat(Math.max(1, HELP_COLUMN - left.length())) + "# " + help;
  }

  private static String quoted(String value) {
    return value.isEmpty() ? "\"\"" : value;
  }
}
