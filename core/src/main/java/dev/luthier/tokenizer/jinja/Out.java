package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;

/** Text under construction, with the ranges that generation blocks wrote. */
final class Out {
  final StringBuilder text = new StringBuilder();
  final List<Rendered.Span> spans = new ArrayList<>(2);
}
