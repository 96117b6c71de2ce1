package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which parts of a text are code: fenced blocks, code spans and indented blocks of Markdown. */
final class CodeParts {
  private static final Pattern CODE =
      Pattern.compile("(?s)```.*?(?:```|\\z)|`[^`\n]*`|(?m:^(?: {4}|\t).*$)");

  /** What only documents and programs have. */
  private static final Pattern DOCUMENT =
      Pattern.compile(
          "(?i)<!doctype|<html|<body|<head|<script|<style|<form|<input|<button|<svg|<\\?xml|<\\?php"
              + "|[;{}]\\s*\n|\\bHTML\\b|\\btags?\\b");

  private final List<int[]> parts;
  private final boolean markup;

  private CodeParts(List<int[]> parts, boolean markup) {
    this.parts = parts;
    this.markup = markup;
  }

  static CodeParts of(String text) {
    List<int[]> parts = new ArrayList<>();
    Matcher matcher = CODE.matcher(text);
    while (matcher.find()) {
      parts.add(new int[] {matcher.start(), matcher.end()});
    }
    boolean markup = text.stripLeading().startsWith("<") || DOCUMENT.matcher(text).find();
    return new CodeParts(parts, markup);
  }

  /** Returns whether the character at an index is part of code. */
  boolean covers(int index) {
    return parts.stream().anyMatch(part -> part[0] <= index && index < part[1]);
  }

  /** Returns whether the text is a document of mark-up or a program, or speaks of mark-up. */
  boolean isMarkup() {
    return markup;
  }
}
