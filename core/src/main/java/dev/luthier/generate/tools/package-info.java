/**
 * Calls of tools: what a model writes when it wants a function called, read as it comes, and forced
 * where the caller asks for it.
 *
 * <p>The chat template tells the model of its tools; {@link dev.luthier.generate.tools.ToolSyntax}
 * finds out from it how the model's family writes a call. A chat completion goes like this:
 *
 * <pre>{@code
 * ToolCalls calls = ToolCalls.of(language, new JsonConstraints(tokenizer, stopIds)); // once
 * List<Tool> tools = Tool.read(request.path("tools"));
 * ToolChoice choice = ToolChoice.read(request.path("tool_choice"));
 * // with ToolChoice.Kind.NONE the template gets no tools
 * Optional<TokenConstraint> constraint = calls.constraint(tools, choice, parallelToolCalls);
 * ToolCallReader reader = calls.reader(tools);
 * // for each token: Content is words; Call and Arguments are tool_calls deltas
 * List<ToolDelta> deltas = reader.next(token.id(), text);
 * // at the end
 * List<ToolDelta> last = reader.finish(answer.rest());
 * List<ToolCall> all = reader.calls(); // not empty: finish_reason is tool_calls
 * }</pre>
 */
@NullMarked
package dev.luthier.generate.tools;

import org.jspecify.annotations.NullMarked;
