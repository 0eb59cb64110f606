"""Every table of the system, for those who must see all of them: migrations, backup, tests."""

from app.accounts import models as accounts
from app.campaigns import models as campaigns
from app.db import Table
from app.jobs import models as jobs
from app.letters import models as letters
from app.mail import models as mail
from app.prospects import models as prospects
from app.sites import models as sites
from app.tracking import models as tracking

SLICES = (accounts, campaigns, jobs, letters, mail, prospects, sites, tracking)
TABLES = tuple(Table.metadata.sorted_tables)
