package dev.luthier.data.check;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Commands that can be pasted into a shell.
 *
 * @param model the model's folder
 * @param data files, folders or globs
 * @param settings what every command needs, as {@code --set} takes it
 */
record Commands(String model, List<Path> data, List<String> settings) {
  /** Makes a prepared set of the data; a setting given here wins over one that all need. */
  String prepare(String... own) {
    Map<String, String> set = new LinkedHashMap<>();
    Stream.concat(settings.stream(), Stream.of(own))
        .forEach(setting -> set.put(setting.substring(0, setting.indexOf('=')), setting));
    StringBuilder command = new StringBuilder("luthier data prepare --model ");
    command.append(quoted(model)).append(" --data");
    data.forEach(path -> command.append(' ').append(quoted(path.toString())));
    command.append(" --output prepared");
    set.values().forEach(setting -> command.append(" --set ").append(quoted(setting)));
    return command.toString();
  }

  /** A word that a shell takes as it is. */
  static String quoted(String word) {
    return word.matches("[\\w./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
