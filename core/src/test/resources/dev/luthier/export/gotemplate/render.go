// Renders the templates of cases.json with Go's own text/template and writes rendered.json beside it:
//   go run render.go < cases.json > rendered.json
// Made with Go 1.19. Whole numbers in the data become int, as literals in templates are.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"text/template"
)

type result struct {
	Template string `json:"template"`
	Output   string `json:"output"`
	Error    bool   `json:"error"`
}

func plain(v any) any {
	switch t := v.(type) {
	case json.Number:
		if i, err := t.Int64(); err == nil {
			return int(i)
		}
		f, _ := t.Float64()
		return f
	case []any:
		for i := range t {
			t[i] = plain(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = plain(t[k])
		}
	}
	return v
}

func main() {
	var cases struct {
		Data      any
		Templates []string
	}
	in := json.NewDecoder(os.Stdin)
	in.UseNumber()
	if err := in.Decode(&cases); err != nil {
		panic(err)
	}
	data := plain(cases.Data)
	var results []result
	for _, source := range cases.Templates {
		var b bytes.Buffer
		t, err := template.New("").Option("missingkey=zero").Parse(source)
		if err == nil {
			err = t.Execute(&b, data)
		}
		r := result{Template: source, Error: err != nil}
		if err == nil {
			r.Output = b.String()
		}
		results = append(results, r)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	_ = out.Encode(results)
}
