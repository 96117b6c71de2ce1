package dev.luthier.export;

import java.util.Locale;

/** Programs that serve a base model with adapters beside it. */
public enum Server {
  VLLM,
  LLAMA_CPP {
    @Override
    public String toString() {
      return "llama.cpp";
    }
  },
  OLLAMA,
  TGI;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
