package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.luthier.LuthierException;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.generate.tools.Tool;
import dev.luthier.generate.tools.ToolChoice;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The form that a request wants its answers in, and the tools that they may call. */
final class FormFields {
  private final Fields request;
  private final Speech speech;

  FormFields(Fields request, Speech speech) {
    this.request = request;
    this.speech = speech;
  }

  /** The tools that the model is shown: none where it is not to call any. */
  List<Tool> tools() {
    Messages.tools(request); // checks the form
    List<Tool> tools = refusing("tools", () -> Tool.read(node("tools")));
    return choice().kind() == ToolChoice.Kind.NONE ? List.of() : tools;
  }

  private ToolChoice choice() {
    return refusing("tool_choice", () -> ToolChoice.read(node("tool_choice")));
  }

  private JsonNode node(String name) {
    return request.node(name).orElse(MissingNode.getInstance());
  }

  /** A constraint of its own for each text, since it has the text's state. */
  Supplier<Optional<TokenConstraint>> constraint() {
    boolean several = request.flag("parallel_tool_calls").orElse(true);
    List<Tool> tools = tools();
    ToolChoice choice = choice();
    if (choice.kind() == ToolChoice.Kind.REQUIRED || choice.kind() == ToolChoice.Kind.FUNCTION) {
      return checked("tool_choice", () -> speech.tools().constraint(tools, choice, several));
    }
    return format();
  }

  /** What {@code response_format} asks for. */
  Supplier<Optional<TokenConstraint>> format() {
    Optional<Fields> format = request.object("response_format");
    String type = format.flatMap(f -> f.text("type")).orElse("text");
    return switch (type) {
      case "text" -> Optional::empty;
      case "json_object" ->
          checked("response_format", () -> Optional.of(speech.constraints().object()));
      case "json_schema" -> {
        Fields schema =
            format
                .flatMap(f -> f.object("json_schema"))
                .orElseThrow(
                    () ->
                        ApiException.invalid(
                            "response_format.json_schema",
                            "response_format.json_schema is missing: expected an object with name"
                                + " and schema"));
        JsonNode wanted = schema.required("schema", "a JSON schema");
        schema.check(wanted.isObject() || wanted.isBoolean(), "schema", wanted, "a JSON schema");
        yield checked(
            schema.named("schema"), () -> Optional.of(speech.constraints().schema(wanted)));
      }
      default ->
          throw ApiException.invalid(
              "response_format.type",
              "response_format.type: expected \"text\", \"json_object\" or \"json_schema\"");
    };
  }

  /** Tries it once, so that what cannot be kept to is refused before anything is queued. */
  private static Supplier<Optional<TokenConstraint>> checked(
      String param, Supplier<Optional<TokenConstraint>> constraint) {
    refusing(param, constraint);
    return constraint;
  }

  private static <T> T refusing(String param, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (LuthierException e) {
      throw ApiException.invalid(param, String.valueOf(e.getMessage()));
    }
  }
}
