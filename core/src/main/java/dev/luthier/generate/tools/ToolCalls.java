package dev.luthier.generate.tools;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.generate.json.Grammar;
import dev.luthier.generate.json.JsonConstraints;
import dev.luthier.generate.json.JsonSchema;
import dev.luthier.generate.json.Regex;
import dev.luthier.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/** Calls of tools in the way of one model. For any number of threads. */
public final class ToolCalls {
  private static final int MOST_CALLS = 16;

  private final ToolSyntax syntax;
  private final Tokenizer tokenizer;
  private final JsonConstraints constraints;

  public ToolCalls(ToolSyntax syntax, Tokenizer tokenizer, JsonConstraints constraints) {
    this.syntax = syntax;
    this.tokenizer = tokenizer;
    this.constraints = constraints;
  }

  /** The way that the model's chat template asks for. */
  public static ToolCalls of(ModelLanguage language, JsonConstraints constraints) {
    return new ToolCalls(
        language.chat().map(ToolSyntax::of).orElse(ToolSyntax.PLAIN),
        language.tokenizer(),
        constraints);
  }

  /** How this model writes calls. */
  public ToolSyntax syntax() {
    return syntax;
  }

  /** A reader for one answer. */
  public ToolCallReader reader(List<Tool> tools) {
    return new ToolCallReader(syntax, tools, tokenizer);
  }

  /**
   * What makes the model call: empty where it is free not to.
   *
   * @param several whether it may ask for more than one call, where its family can
   * @throws LuthierException if there is no such tool, or its parameters' schema cannot be kept to
   */
  public Optional<TokenConstraint> constraint(
      List<Tool> tools, ToolChoice choice, boolean several) {
    List<Tool> allowed =
        switch (choice.kind()) {
          case NONE, AUTO -> List.<Tool>of();
          case REQUIRED -> tools;
          case FUNCTION ->
              tools.stream().filter(tool -> tool.name().equals(choice.function())).toList();
        };
    if (!allowed.isEmpty()) {
      return Optional.of(
          constraints.of(
              List.of("tools", syntax, allowed, several), () -> grammar(allowed, several)));
    }
    if (choice.kind() == ToolChoice.Kind.REQUIRED || choice.kind() == ToolChoice.Kind.FUNCTION) {
      throw new LuthierException(
          "tool_choice asks for "
              + (choice.function().isEmpty() ? "a tool" : choice.function())
              + ", but tools declares "
              + (tools.isEmpty() ? "none" : tools.stream().map(Tool::name).toList()));
    }
    return Optional.empty();
  }

  private Grammar grammar(List<Tool> tools, boolean several) {
    int most = several ? MOST_CALLS - 1 : 0;
    Grammar call = Grammar.either(tools.stream().map(this::call).toList());
    return switch (syntax) {
      case TAGGED -> {
        Grammar tagged =
            Grammar.sequence(
                constraints.marker("<tool_call>"),
                Grammar.text("\n"),
                call,
                Grammar.text("\n"),
                constraints.marker("</tool_call>"));
        yield repeated(tagged, Grammar.text("\n"), most);
      }
      case MISTRAL ->
          Grammar.sequence(
              constraints.marker("[TOOL_CALLS]"),
              Grammar.optional(Grammar.text(" ")),
              Grammar.text("["),
              repeated(
                  call,
                  Grammar.sequence(Grammar.text(","), Grammar.optional(Grammar.text(" "))),
                  most),
              Grammar.text("]"));
      case MISTRAL_NAMED, MISTRAL_NUMBERED ->
          repeated(
              Grammar.sequence(constraints.marker("[TOOL_CALLS]"), call), Grammar.text(""), most);
      case LLAMA, PLAIN -> call;
    };
  }

  private static Grammar repeated(Grammar call, Grammar between, int further) {
    return Grammar.sequence(call, Grammar.repeated(Grammar.sequence(between, call), 0, further));
  }

  private Grammar call(Tool tool) {
    Grammar parameters = parameters(tool);
    if (syntax == ToolSyntax.MISTRAL_NAMED || syntax == ToolSyntax.MISTRAL_NUMBERED) {
      return Grammar.sequence(
          Grammar.text(tool.name()),
          syntax == ToolSyntax.MISTRAL_NAMED
              ? Grammar.text("")
              : Grammar.sequence(constraints.marker("[CALL_ID]"), Regex.ofText("[a-zA-Z0-9]{9}")),
          constraints.marker("[ARGS]"),
          parameters);
    }
    return JsonSchema.object("name", tool.name(), syntax.argumentsKey(), parameters);
  }

  private static Grammar parameters(Tool tool) {
    try {
      return JsonSchema.grammar(tool.parameters());
    } catch (LuthierException e) {
      throw new LuthierException("parameters of " + tool.name() + ", " + e.getMessage(), e);
    }
  }
}
