// Package boot owns how a function starts: settings, logger, AWS configuration, and the
// end of the process when any of it is missing. What a function is made of is its main's.
package boot

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/config"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

// Env is what every function starts with.
type Env struct {
	Settings *config.Reader
	AWS      aws.Config
	Clock    clock.Clock
	IDs      ids.Source
	Log      *slog.Logger
}

// Main builds a function's handler and serves invocations. A function that can't be built
// ends at once with a line that says why: Lambda reports it as a failed init.
func Main(build func(ctx context.Context, env Env) (any, error)) {
	ctx := context.Background()
	settings := config.FromEnvironment()
	log := logging.New(os.Stdout, level(settings.Optional("LOG_LEVEL", "INFO")))
	handler, err := start(ctx, settings, log, build)
	if err != nil {
		log.ErrorContext(ctx, "the function can't start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
}

func start(ctx context.Context, settings *config.Reader, log *slog.Logger, build func(context.Context, Env) (any, error)) (any, error) {
	account, err := awsclient.Load(settings)
	if err != nil {
		return nil, err
	}
	handler, err := build(ctx, Env{Settings: settings, AWS: account, Clock: clock.System{}, IDs: ids.Random{}, Log: log})
	if problem := settings.Err(); problem != nil {
		return nil, problem // the reason behind whatever else is missing
	}
	if err != nil {
		return nil, fmt.Errorf("building the function: %w", err)
	}
	return handler, nil
}

func level(name string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return l
}
