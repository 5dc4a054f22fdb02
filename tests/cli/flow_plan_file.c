/* A plan that is written down, looked at and done, or not done. */
#include "expect.h"
#include "flow.h"

#include <stdlib.h>

static void expect_bad_files(void)
{
	static const struct expectation rows[] = {
		{"no such file", "$MANAGE apply --plan $DIR/none.json --yes -u $URL", 1, "",
		 "manage: the plan '", NULL},
		{"no JSON",
		 "echo nonsense > $DIR/no.json; $MANAGE apply --plan $DIR/no.json -u $URL", 65, "",
		 "no.json:1: this is no plan: ", NULL},
		{"another document",
		 "$MANAGE status -f json -u $URL > $DIR/s.json; $MANAGE apply --plan $DIR/s.json "
		 "-u $URL",
		 65, "", "this is no plan that 'manage plan --out' wrote", NULL},
		{"an edited one",
		 "sed 's/INTEGER/BIGINT/' $DIR/plan.json > $DIR/e.json; "
		 "$MANAGE apply --yes --plan $DIR/e.json -u $URL",
		 65, "", "the plan was edited: its sha256 is ", "applied"},
		{"a new fingerprint is an edit too",
		 "sed 's/\"fingerprint\": \"./\"fingerprint\": \"-/' $DIR/plan.json > $DIR/e.json; "
		 "$MANAGE apply --yes --plan $DIR/e.json -u $URL",
		 65, "", "the plan was edited", "applied"},
		{"indented otherwise it is the same",
		 "tr -d '\\n' < $DIR/plan.json > $DIR/f.json; $MANAGE apply --plan $DIR/f.json -u "
		 "$URL",
		 64, "", "there is no terminal to ask on", NULL},
		{"half of one",
		 "head -c 300 $DIR/plan.json > $DIR/h.json; $MANAGE apply --plan $DIR/h.json -u "
		 "$URL",
		 65, "", "this is no plan: ", NULL},
		{"no place to write to", "$MANAGE plan --out $DIR/no/plan.json -u $URL", 1, "",
		 "the plan cannot be written to '", NULL},
		{"a full disk", "$MANAGE plan --out /dev/full -u $URL", 1, "",
		 "the plan cannot be written to '/dev/full': No space left", NULL},
		{"not together", "$MANAGE apply --dry-run --plan $DIR/plan.json -u $URL", 64, "",
		 "'--plan' and '--dry-run' exclude each other", NULL},
		{"another database",
		 "case $URL in sqlite*) cp $FILE $DIR/other.db; other=sqlite:///$DIR/other.db;; "
		 "*) other=$(echo \"$URL\" | sed 's|/test_[^?]*|/postgres|');; esac; "
		 "$MANAGE apply --yes --plan $DIR/plan.json -u \"$other\"",
		 65, "", "the plan is for ", "applied"},
		{"nothing was done", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
	};

	EXPECT(rows);
}

void flow_plan_file(struct database *database)
{
	static const struct expectation planned[] = {
		{"written", "$MANAGE plan --out $DIR/plan.json -u $URL", 0,
		 "plan.json. Next: 'manage apply --plan ", "", NULL},
		{"as JSON", "cat $DIR/plan.json", 0, "\"command\": \"plan\"", "", NULL},
		{"of what was read", "cat $DIR/plan.json", 0, "\"fingerprint\": \"", "",
		 "fingerprint\": \"\""},
	};
	static const struct expectation foreign[] = {
		{"another registry", "$OWN apply --yes --plan $DIR/plan.json -u $URL -r events", 64,
		 "",
		 "the plan is of registry 'memstack', not of 'events'\nhint: name it with "
		 "'--registry'",
		 "applied"},
	};
	static const struct expectation moved[] = {
		{"somebody was there", "$MANAGE apply --yes --plan $DIR/plan.json -u $URL", 75, "",
		 "has changed since the plan was made; nothing was changed\nhint: make a new one",
		 "applied"},
		{"nothing was done", "$MANAGE check -u $URL", 2, "28 missing", "", NULL},
		{"planned anew", "$MANAGE plan -o $DIR/plan.json -q -f json -u $URL", 0,
		 "\"missing\": 28", "", NULL},
		{"done", "$MANAGE apply --yes --plan $DIR/plan.json -u $URL", 0,
		 "applied 28 columns, 4 tables created", "Plan for ", NULL},
		{"once", "$MANAGE apply --yes --plan $DIR/plan.json -u $URL", 75, "",
		 "has changed since the plan was made", NULL},
		{"in sync", "$MANAGE plan --out $DIR/none.json -u $URL", 0, "Nothing to do.", "",
		 NULL},
		{"a plan of nothing", "$MANAGE apply --plan $DIR/none.json -u $URL", 0,
		 "nothing to do, 41 columns present", "", NULL},
	};

	database_execute(database, "%s", old_tables);
	EXPECT(planned);
	EXPECT(foreign);
	expect_bad_files();
	database_execute(database, "ALTER TABLE memories ADD COLUMN mood TEXT");
	EXPECT(moved);
}
