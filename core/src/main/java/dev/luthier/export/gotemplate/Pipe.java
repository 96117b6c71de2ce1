package dev.luthier.export.gotemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands, each given the value of the one before as its last argument.
 *
 * @param variables that take the value
 * @param declares whether they are new ({@code :=}) or there already ({@code =})
 */
record Pipe(List<String> variables, boolean declares, List<Command> commands, int line) {
  /** What stands for "no value before this one". */
  static final Object NOTHING = new Object();

  @Nullable Object value(Execution run, @Nullable Object dot) {
    Object value = NOTHING;
    for (Command command : commands) {
      value = command.value(run, dot, value);
    }
    for (String name : variables) {
      run.set(name, value, declares, line);
    }
    return value;
  }

  /** The same without its variables. */
  Pipe bare() {
    return new Pipe(List.of(), false, commands, line);
  }
}
