package main

import (
	"context"
	"fmt"
	"io"
)

// templateCommand runs what template authors need; nothing of it talks to a portal.
func templateCommand(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	const use = "slipway template: lint FILE … or eval, with --help for their flags\n"
	if asksForHelp(args) {
		fmt.Fprint(out, use)
		return nil
	}
	if len(args) > 0 {
		switch args[0] {
		case "lint":
			return templateLint(ctx, args[1:], out, errOut)
		case "eval":
			return templateEval(ctx, args[1:], in, out, errOut)
		}
	}
	fmt.Fprint(errOut, use)
	return errUsage
}
