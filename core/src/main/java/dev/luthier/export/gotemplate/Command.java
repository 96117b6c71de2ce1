package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operands without a sign between them: a function and its arguments, or one value.
 *
 * @param operands at least one
 */
record Command(List<Operand> operands, int line) {
  @Nullable Object value(Execution run, @Nullable Object dot, @Nullable Object before) {
    run.step(line);
    Operand first = operands.get(0);
    if (first instanceof Operand.Function function) {
      return call(function.name(), run, dot, before);
    }
    if (operands.size() > 1 || before != Pipe.NOTHING) {
      throw new GoTemplateException(line, "can't give argument to non-function " + first);
    }
    if (first instanceof Operand.Constant constant && constant.constant() == null) {
      throw new GoTemplateException(line, "nil is not a command");
    }
    return first.value(run, dot);
  }

  private @Nullable Object call(
      String name, Execution run, @Nullable Object dot, @Nullable Object before) {
    List<Operand> rest = operands.subList(1, operands.size());
    if (name.equals("and") || name.equals("or")) {
      return chosen(name.equals("and"), rest, run, dot, before);
    }
    List<@Nullable Object> arguments = new ArrayList<>();
    for (Operand operand : rest) {
      arguments.add(operand.value(run, dot));
    }
    if (before != Pipe.NOTHING) {
      arguments.add(before);
    }
    return run.function(name, arguments, line);
  }

  /** The first operand that decides, or the last; those after it are not evaluated. */
  private @Nullable Object chosen(
      boolean and,
      List<Operand> rest,
      Execution run,
      @Nullable Object dot,
      @Nullable Object before) {
    if (rest.isEmpty() && before == Pipe.NOTHING) {
      throw new GoTemplateException(line, "wrong number of args for " + (and ? "and" : "or"));
    }
    Object value = null;
    for (Operand operand : rest) {
      value = operand.value(run, dot);
      if (Values.truth(value) != and) {
        return value;
      }
    }
    return before == Pipe.NOTHING ? value : before;
  }
}
