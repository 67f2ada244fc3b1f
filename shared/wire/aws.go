package wire

import (
	"github.com/slipwayhq/slipway/shared/adapters/embedded/localaws"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// Where the local system says that it runs.
const (
	LocalAccount = "000000000000"
	LocalRegion  = "eu-west-1"
)

// openAWS makes what stands for AWS.
func (s *System) openAWS() (err error) {
	s.Secrets, err = localaws.New(localaws.Config{Table: s.tables[awsTable], Sealer: s.sealer, Account: LocalAccount, IDs: s.cfg.IDs})
	return err
}

// aws is what templates see of AWS.
func (s *System) aws() actions.AWS {
	return actions.AWS{Account: LocalAccount, Region: LocalRegion, Parameters: s.cfg.Parameters}
}
