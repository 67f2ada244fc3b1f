// Command server runs the embedded GitLab alone, on loopback, for clients of GitLab that
// are not Slipway. It prints its address and serves until its standard input ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run() error {
	dir := flag.String("dir", "", "data directory")
	listen := flag.String("listen", "127.0.0.1:0", "loopback address")
	token := flag.String("token", "", "root's token")
	group := flag.String("group", "apps", "group to make")
	duration := flag.Duration("job-duration", 50*time.Millisecond, "of every simulated job")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", *listen, err)
	}
	if addr, ok := l.Addr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
		return errors.Join(errors.New("only loopback addresses are served"), l.Close())
	}
	s, err := gitlab.New(gitlab.Config{
		Dir: *dir, BaseURL: "http://" + l.Addr().String(), Token: *token, Clock: clock.System{}, IDs: ids.Random{},
		Logger: logging.New(os.Stderr, slog.LevelWarn), JobDuration: *duration,
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := s.EnsureGroup(context.Background(), *group, "private"); err != nil {
		return errors.Join(err, l.Close(), s.Close())
	}
	return serve(s, l)
}

// serve answers until standard input ends: so the server goes when whoever started it does.
func serve(s *gitlab.Server, l net.Listener) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	worked := make(chan error, 1)
	go func() { worked <- s.Run(ctx) }()
	h := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = h.Close()
	}()
	fmt.Println("http://" + l.Addr().String())
	err := h.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	return errors.Join(err, <-worked, s.Close())
}
