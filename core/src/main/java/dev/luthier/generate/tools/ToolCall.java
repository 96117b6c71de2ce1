package dev.luthier.generate.tools;

/**
 * What the model asks to have called.
 *
 * @param arguments JSON, as the model wrote it
 */
public record ToolCall(String name, String arguments) {}
