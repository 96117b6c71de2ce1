package dev.luthier.export.gotemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One value in a command. */
sealed interface Operand {
  /** What it is worth. */
  @Nullable Object value(Execution run, @Nullable Object dot);

  /** {@code "text"}, {@code 12}, {@code true}, {@code nil}. */
  record Constant(@Nullable Object constant) implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      return constant;
    }
  }

  /** {@code .}. */
  record Dot() implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      return dot;
    }
  }

  /** {@code $name}. */
  record Variable(String name, int line) implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      return run.get(name, line);
    }
  }

  /** A function: alone it is called without arguments. */
  record Function(String name, int line) implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      return run.function(name, List.of(), line);
    }
  }

  /** {@code (pipeline)}. */
  record Nested(Pipe pipe) implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      return pipe.value(run, dot);
    }
  }

  /** {@code .A.B}, {@code $x.A}, {@code (pipeline).A}. */
  record Fields(Operand of, List<String> names, int line) implements Operand {
    @Override
    public @Nullable Object value(Execution run, @Nullable Object dot) {
      Object value = of.value(run, dot);
      for (String name : names) {
        value = Values.field(value, name, line);
      }
      return value;
    }
  }
}
