package dev.luthier.export.gotemplate;

import dev.luthier.LuthierException;

/** A Go template that cannot be read, or that failed on its data. */
public final class GoTemplateException extends LuthierException {
  private static final long serialVersionUID = 1L;

  GoTemplateException(int line, String message) {
    super("Go template, line " + line + ": " + message);
  }
}
