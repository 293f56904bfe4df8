
import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import re
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('identity', models.BinaryField(max_length=32)),
                ('external_id', models.CharField(blank=True, max_length=255)),
                ('language', models.CharField(max_length=16)),
                ('meta', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Dimension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=64)),
                ('code', models.CharField(max_length=8)),
                ('scope', models.CharField(choices=[('local', 'Local'), ('global', 'Global')], max_length=6)),
                ('minimum', models.SmallIntegerField()),
                ('maximum', models.SmallIntegerField()),
                ('image_rule', models.CharField(choices=[('none', 'None'), ('text_against_image', 'Text Against Image'), ('image_quality', 'Image Quality'), ('images_across_turns', 'Images Across Turns'), ('style_across_images', 'Style Across Images')], default='none', max_length=24)),
                ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('texts', models.JSONField()),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('slug', models.CharField(max_length=64, unique=True, validators=[django.core.validators.RegexValidator(re.compile('^[-a-zA-Z0-9_]+\\Z'), 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.', 'invalid')])),
                ('name', models.CharField(max_length=200)),
                ('overlap', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50)])),
                ('language', models.CharField(default='en', max_length=16)),
                ('guidelines', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('identity', models.BinaryField(max_length=32)),
                ('external_id', models.CharField(blank=True, max_length=255)),
                ('source_model', models.CharField(blank=True, max_length=128)),
                ('meta', models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('person', 'Person'), ('source', 'Source')], default='person', max_length=10)),
                ('language', models.CharField(choices=[('en', 'English'), ('zh-hans', '简体中文')], default='en', max_length=16)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=64)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('hand', models.PositiveSmallIntegerField(default=1)),
                ('purpose', models.CharField(choices=[('base', 'Base'), ('extra', 'Extra'), ('gold', 'Gold'), ('repeat', 'Repeat'), ('bridge', 'Bridge')], default='base', max_length=6)),
                ('status', models.CharField(choices=[('active', 'Active'), ('submitted', 'Submitted'), ('skipped', 'Skipped'), ('lapsed', 'Lapsed')], default='active', max_length=9)),
                ('lease_number', models.PositiveIntegerField(default=1)),
                ('lease_expires_at', models.DateTimeField()),
                ('draft', models.JSONField(blank=True, null=True)),
                ('draft_sequence', models.PositiveIntegerField(default=0)),
                ('shown_order', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('skip_reason', models.TextField(blank=True)),
                ('claimed_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotate.project')),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('status', models.CharField(choices=[('active', 'Active'), ('submitted', 'Submitted'), ('skipped', 'Skipped'), ('lapsed', 'Lapsed')], default='active', max_length=9)),
                ('lease_number', models.PositiveIntegerField(default=1)),
                ('lease_expires_at', models.DateTimeField()),
                ('skip_reason', models.TextField(blank=True)),
                ('annotator', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='annotator_status_lease_number_lease_expires_at_skip_reason_events', to='annotate.assignment')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Calibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('stratum', models.CharField(blank=True, max_length=128)),
                ('link', models.CharField(help_text='form of the fitted link', max_length=32)),
                ('parameters', models.JSONField()),
                ('sample_size', models.PositiveIntegerField()),
                ('gate_open', models.BooleanField()),
                ('gate_reason', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('dimension', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('F0', 'Self Consistency'), ('F1', 'Humans Disagree'), ('F2', 'Model Preference'), ('F3', 'Model Rating'), ('F4', 'Model Step'), ('F5', 'Person'), ('F6', 'Model Health')], max_length=2)),
                ('fingerprint', models.CharField(max_length=64)),
                ('scope', models.CharField(choices=[('local', 'Local'), ('global', 'Global')], max_length=6)),
                ('evidence', models.JSONField()),
                ('p_value', models.FloatField(blank=True, null=True)),
                ('status', models.CharField(choices=[('open', 'Open'), ('resolved', 'Resolved'), ('closed', 'Closed')], default='open', max_length=8)),
                ('closed_reason', models.CharField(blank=True, max_length=200)),
                ('outcome', models.CharField(blank=True, choices=[('uphold', 'Uphold'), ('change', 'Change'), ('ambiguous', 'Ambiguous'), ('guideline_gap', 'Guideline Gap'), ('bad_item', 'Bad Item'), ('model_wrong', 'Model Wrong')], max_length=13)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('annotator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('calibration', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='annotate.calibration')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='annotate.conversation')),
                ('dimension', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='annotate.project')),
                ('left', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotate.response')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='annotate.response')),
                ('right', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotate.response')),
            ],
        ),
        migrations.CreateModel(
            name='FlagEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('status', models.CharField(choices=[('open', 'Open'), ('resolved', 'Resolved'), ('closed', 'Closed')], default='open', max_length=8)),
                ('outcome', models.CharField(blank=True, choices=[('uphold', 'Uphold'), ('change', 'Change'), ('ambiguous', 'Ambiguous'), ('guideline_gap', 'Guideline Gap'), ('bad_item', 'Bad Item'), ('model_wrong', 'Model Wrong')], max_length=13)),
                ('closed_reason', models.CharField(blank=True, max_length=200)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='status_outcome_closed_reason_events', to='annotate.flag')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=10)),
                ('format', models.CharField(default='auto', max_length=32)),
                ('file_name', models.CharField(max_length=255)),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('file', models.CharField(blank=True, help_text='uploaded file, in the private store', max_length=255)),
                ('images', models.CharField(blank=True, help_text='uploaded image archive, likewise', max_length=255)),
                ('allow_missing_images', models.BooleanField(default=False)),
                ('dry_run', models.BooleanField(default=False)),
                ('items_done', models.PositiveIntegerField(default=0)),
                ('report', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='annotate.project')),
            ],
        ),
        migrations.AddField(
            model_name='conversation',
            name='import_run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='annotate.importrun'),
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('role', models.CharField(choices=[('annotator', 'Annotator'), ('reviewer', 'Reviewer'), ('manager', 'Manager')], max_length=10)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('team', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='annotate.project')),
            ],
        ),
        migrations.CreateModel(
            name='MembershipEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('role', models.CharField(choices=[('annotator', 'Annotator'), ('reviewer', 'Reviewer'), ('manager', 'Manager')], max_length=10)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('team', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='annotate.membership')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.project')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('sha256', models.CharField(help_text='of the pixels, hex', max_length=64)),
                ('file', models.CharField(max_length=255)),
                ('media_type', models.CharField(max_length=32)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('size', models.PositiveIntegerField(help_text='bytes of the stored file')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='annotate.project')),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=64)),
                ('format', models.CharField(max_length=32)),
                ('filters', models.JSONField(blank=True, default=dict)),
                ('schema_version', models.CharField(blank=True, max_length=16)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('error', models.TextField(blank=True)),
                ('manifest', models.JSONField(blank=True, null=True)),
                ('manifest_sha256', models.CharField(blank=True, max_length=64)),
                ('folder', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='annotate.project')),
            ],
        ),
        migrations.AddField(
            model_name='conversation',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conversations', to='annotate.project'),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=128)),
                ('purpose', models.CharField(choices=[('training', 'Training'), ('qualification', 'Qualification'), ('production', 'Production'), ('bridge', 'Bridge'), ('holdout', 'Holdout')], default='production', max_length=13)),
                ('guideline_version', models.PositiveSmallIntegerField(default=1)),
                ('overlap', models.PositiveSmallIntegerField(default=3)),
                ('overlap_limit', models.PositiveSmallIntegerField(default=5, help_text='with extra people, at most')),
                ('priority', models.SmallIntegerField(default=0)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('state', models.CharField(choices=[('open', 'Open'), ('paused', 'Paused'), ('closed', 'Closed')], default='open', max_length=6)),
                ('preference_scale', models.PositiveSmallIntegerField(default=3, help_text='3 means −3…+3')),
                ('tie_allowed', models.BooleanField(default=True)),
                ('reopen_allowed', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='annotate.project')),
            ],
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('outcome', models.CharField(blank=True, choices=[('uphold', 'Uphold'), ('change', 'Change'), ('ambiguous', 'Ambiguous'), ('guideline_gap', 'Guideline Gap'), ('bad_item', 'Bad Item'), ('model_wrong', 'Model Wrong')], max_length=13)),
                ('comment', models.TextField(blank=True)),
                ('is_audit', models.BooleanField(default=False, help_text='chosen at random, not flagged')),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('revealed_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='annotate.conversation')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='annotate.project')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='flag',
            name='review',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='annotate.review'),
        ),
        migrations.CreateModel(
            name='Rubric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('key', models.CharField(max_length=64)),
                ('version', models.PositiveSmallIntegerField()),
                ('names', models.JSONField(help_text='display name by language')),
                ('sha256', models.CharField(help_text='of the canonical definition, hex', max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'version'), name='rubric_version_once'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='rubric_version_from_one')],
            },
        ),
        migrations.CreateModel(
            name='ProjectEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('slug', models.CharField(max_length=64, validators=[django.core.validators.RegexValidator(re.compile('^[-a-zA-Z0-9_]+\\Z'), 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.', 'invalid')])),
                ('name', models.CharField(max_length=200)),
                ('overlap', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50)])),
                ('language', models.CharField(default='en', max_length=16)),
                ('guidelines', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='annotate.project')),
                ('rubric', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.rubric')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='project',
            name='rubric',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='annotate.rubric'),
        ),
        migrations.AddField(
            model_name='dimension',
            name='rubric',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dimensions', to='annotate.rubric'),
        ),
        migrations.CreateModel(
            name='BatchEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('name', models.CharField(max_length=128)),
                ('purpose', models.CharField(choices=[('training', 'Training'), ('qualification', 'Qualification'), ('production', 'Production'), ('bridge', 'Bridge'), ('holdout', 'Holdout')], default='production', max_length=13)),
                ('guideline_version', models.PositiveSmallIntegerField(default=1)),
                ('overlap', models.PositiveSmallIntegerField(default=3)),
                ('overlap_limit', models.PositiveSmallIntegerField(default=5, help_text='with extra people, at most')),
                ('priority', models.SmallIntegerField(default=0)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), blank=True, default=list, size=None)),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
                ('state', models.CharField(choices=[('open', 'Open'), ('paused', 'Paused'), ('closed', 'Closed')], default='open', max_length=6)),
                ('preference_scale', models.PositiveSmallIntegerField(default=3, help_text='3 means −3…+3')),
                ('tie_allowed', models.BooleanField(default=True)),
                ('reopen_allowed', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='annotate.batch')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.project')),
                ('rubric', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.rubric')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='batch',
            name='rubric',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='annotate.rubric'),
        ),
        migrations.CreateModel(
            name='ScorerRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('scorer', models.CharField(max_length=64)),
                ('model', models.CharField(max_length=200)),
                ('revision', models.CharField(max_length=128)),
                ('configuration', models.JSONField(blank=True, default=dict)),
                ('configuration_sha256', models.CharField(max_length=64)),
                ('dtype', models.CharField(max_length=16)),
                ('image_budget', models.CharField(blank=True, max_length=64)),
                ('trained', models.BooleanField(help_text='untrained scores never enter statistics or releases unasked')),
                ('status', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='running', max_length=8)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scorer_runs', to='annotate.project')),
            ],
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('value', models.FloatField(null=True)),
                ('error_code', models.CharField(blank=True, max_length=64)),
                ('error_detail', models.TextField(blank=True)),
                ('step_values', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), null=True, size=None)),
                ('step_first', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), null=True, size=None)),
                ('step_last', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), null=True, size=None)),
                ('splitter_version', models.PositiveSmallIntegerField(null=True)),
                ('tokens', models.PositiveIntegerField(default=0)),
                ('seconds', models.FloatField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('dimension', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='annotate.response')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='annotate.scorerrun')),
            ],
        ),
        migrations.AddField(
            model_name='calibration',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calibrations', to='annotate.scorerrun'),
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('origin', models.CharField(choices=[('live', 'Live'), ('imported', 'Imported'), ('review', 'Review')], max_length=8)),
                ('revision', models.PositiveSmallIntegerField(default=1)),
                ('external_id', models.CharField(blank=True, db_default='', max_length=255)),
                ('idempotency_key', models.CharField(blank=True, db_default='', max_length=128)),
                ('body_sha256', models.CharField(blank=True, db_default='', max_length=64)),
                ('active_ms', models.PositiveIntegerField(db_default=0, default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to=settings.AUTH_USER_MODEL)),
                ('assignment', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='annotate.assignment')),
                ('rubric', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.rubric')),
            ],
        ),
        migrations.CreateModel(
            name='StepLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False)),
                ('index', models.PositiveSmallIntegerField()),
                ('value', models.SmallIntegerField()),
                ('splitter_version', models.PositiveSmallIntegerField()),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='step_labels', to='annotate.response')),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='annotate.submission')),
            ],
        ),
        migrations.CreateModel(
            name='ReviewEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('outcome', models.CharField(blank=True, choices=[('uphold', 'Uphold'), ('change', 'Change'), ('ambiguous', 'Ambiguous'), ('guideline_gap', 'Guideline Gap'), ('bad_item', 'Bad Item'), ('model_wrong', 'Model Wrong')], max_length=13)),
                ('comment', models.TextField(blank=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='outcome_comment_blind_final_finished_at_events', to='annotate.review')),
                ('blind', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.submission')),
                ('final', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='annotate.submission')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='review',
            name='blind',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.submission'),
        ),
        migrations.AddField(
            model_name='review',
            name='final',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.submission'),
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False)),
                ('value', models.SmallIntegerField(null=True)),
                ('state', models.CharField(choices=[('rated', 'Rated'), ('defaulted', 'Defaulted'), ('not_applicable', 'Not Applicable'), ('unable', 'Unable')], default='rated', max_length=14)),
                ('dimension', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='annotate.response')),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='annotate.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False)),
                ('kind', models.CharField(choices=[('reason', 'Reason'), ('critique', 'Critique'), ('refinement', 'Refinement'), ('image', 'Image')], max_length=10)),
                ('scope', models.CharField(choices=[('local', 'Local'), ('global', 'Global')], max_length=6)),
                ('text', models.TextField()),
                ('dimension', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
                ('image', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.image')),
                ('left', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.response')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='annotate.response')),
                ('right', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.response')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='annotate.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False)),
                ('scope', models.CharField(choices=[('local', 'Local'), ('global', 'Global')], max_length=6)),
                ('preference', models.SmallIntegerField()),
                ('dimension', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.dimension')),
                ('left', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.response')),
                ('right', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotate.response')),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='comparisons', to='annotate.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('overlap', models.PositiveSmallIntegerField()),
                ('open_slots', models.SmallIntegerField()),
                ('rank', models.IntegerField(default=0)),
                ('asks', models.JSONField(blank=True, null=True)),
                ('probability', models.FloatField(default=1.0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='annotate.batch')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='annotate.conversation')),
            ],
        ),
        migrations.AddField(
            model_name='submission',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='annotate.task'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='annotate.task'),
        ),
        migrations.CreateModel(
            name='TaskEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('overlap', models.PositiveSmallIntegerField()),
                ('rank', models.IntegerField(default=0)),
                ('asks', models.JSONField(blank=True, null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='overlap_rank_asks_events', to='annotate.task')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TaskPath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('whole', models.BooleanField(default=False)),
                ('external_id', models.CharField(blank=True, max_length=255)),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='task_paths', to='annotate.response')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='paths', to='annotate.task')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('identity', models.BinaryField(max_length=32)),
                ('external_id', models.CharField(blank=True, max_length=255)),
                ('meta', models.JSONField(blank=True, default=dict)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='annotate.conversation')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='followups', to='annotate.response')),
            ],
        ),
        migrations.AddField(
            model_name='response',
            name='turn',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='responses', to='annotate.turn'),
        ),
        migrations.CreateModel(
            name='MessagePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('text', 'Text'), ('image', 'Image')], max_length=5)),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('html_version', models.PositiveSmallIntegerField(default=0)),
                ('caption', models.TextField(blank=True)),
                ('reference', models.CharField(blank=True, max_length=1024)),
                ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=1024), blank=True, default=list, size=None)),
                ('image', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='annotate.image')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='annotate.response')),
                ('turn', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='annotate.turn')),
            ],
            options={
                'ordering': [models.OrderBy(models.F('position'))],
            },
        ),
        migrations.CreateModel(
            name='UserEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('kind', models.CharField(choices=[('person', 'Person'), ('source', 'Source')], default='person', max_length=10)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='username_is_active_is_staff_is_superuser_kind_events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'source'), _negated=True), models.Q(('is_active', False), ('is_staff', False), ('is_superuser', False)), _connector='OR'), name='user_source_cannot_log_in'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_userevent" ("is_active", "is_staff", "is_superuser", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."kind", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."username"); RETURN NULL;', hash='cca9de0d7f10c6244cf8a064b5b3935bf58b937d', operation='INSERT', pgid='pgtrigger_insert_insert_48f01', table='annotate_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."username" IS DISTINCT FROM (NEW."username"))', func='INSERT INTO "annotate_userevent" ("is_active", "is_staff", "is_superuser", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."kind", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."username"); RETURN NULL;', hash='f9c833fdc3f74a9b89a4469a8889c6e0c031db41', operation='UPDATE', pgid='pgtrigger_update_update_2663e', table='annotate_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_userevent" ("is_active", "is_staff", "is_superuser", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (OLD."is_active", OLD."is_staff", OLD."is_superuser", OLD."kind", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."username"); RETURN NULL;', hash='dd51a40dbc5b8a49694631173f3993dc2b604bf4', operation='DELETE', pgid='pgtrigger_delete_delete_57d75', table='annotate_user', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('project', 'user'), name='membership_one_role_per_person'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['annotator', 'reviewer', 'manager'])), name='membership_role_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_membershipevent" ("created_at", "id", "languages", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "role", "team", "uid", "user_id") VALUES (NEW."created_at", NEW."id", NEW."languages", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."project_id", NEW."role", NEW."team", NEW."uid", NEW."user_id"); RETURN NULL;', hash='8866c1980c938bcf2c54ceebf3713cd61f4a6409', operation='INSERT', pgid='pgtrigger_insert_insert_33b99', table='annotate_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "annotate_membershipevent" ("created_at", "id", "languages", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "role", "team", "uid", "user_id") VALUES (NEW."created_at", NEW."id", NEW."languages", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."project_id", NEW."role", NEW."team", NEW."uid", NEW."user_id"); RETURN NULL;', hash='6e62e2cda612ee4a602fb263e09f1526f7370c59', operation='UPDATE', pgid='pgtrigger_update_update_10711', table='annotate_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_membershipevent" ("created_at", "id", "languages", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "role", "team", "uid", "user_id") VALUES (OLD."created_at", OLD."id", OLD."languages", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."project_id", OLD."role", OLD."team", OLD."uid", OLD."user_id"); RETURN NULL;', hash='68941b3bfcba5773089a7c493794f5ed388fbd94', operation='DELETE', pgid='pgtrigger_delete_delete_50738', table='annotate_membership', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('status__in', ['done', 'failed'])), models.Q(('finished_at__isnull', True), ('status__in', ['waiting', 'running'])), _connector='OR'), name='import_finished_exactly_when_over'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(fields=('project', 'sha256'), name='image_once_per_project'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('height__gt', 0), ('width__gt', 0)), name='image_has_area'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='export_name_once_per_project'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), models.Q(('manifest__isnull', False), ('manifest_sha256__gt', '')), _connector='OR'), name='export_done_has_manifest'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.UniqueConstraint(fields=('project', 'identity'), name='conversation_once_per_project'),
        ),
        migrations.AddIndex(
            model_name='flag',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['project', 'conversation'], name='flag_open'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.UniqueConstraint(fields=('project', 'fingerprint'), name='flag_once'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('left__isnull', True), ('response__isnull', False), ('right__isnull', True)), models.Q(('left__isnull', False), ('left__lt', models.F('right')), ('response__isnull', True), ('right__isnull', False)), _connector='OR'), name='flag_on_a_response_or_a_pair'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__gt', ''), ('review__isnull', False), ('status', 'resolved')), models.Q(models.Q(('status', 'resolved'), _negated=True), ('outcome', '')), _connector='OR'), name='flag_outcome_exactly_when_resolved'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.CheckConstraint(condition=models.Q(('p_value__isnull', True), models.Q(('p_value__gte', 0), ('p_value__lte', 1)), _connector='OR'), name='flag_p_value_is_one'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='flag',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_flagevent" ("closed_reason", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."closed_reason", NEW."outcome", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status"); RETURN NULL;', hash='98e9a22abe146949aed7a42c5a890dd387d44d24', operation='INSERT', pgid='pgtrigger_insert_insert_8d5a7', table='annotate_flag', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='flag',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_reason" IS DISTINCT FROM (NEW."closed_reason") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."status" IS DISTINCT FROM (NEW."status"))', func='INSERT INTO "annotate_flagevent" ("closed_reason", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (NEW."closed_reason", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status"); RETURN NULL;', hash='22128e1ff701954dc5801262f565103d88884a0f', operation='UPDATE', pgid='pgtrigger_update_update_48808', table='annotate_flag', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='flag',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_flagevent" ("closed_reason", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status") VALUES (OLD."closed_reason", OLD."outcome", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."status"); RETURN NULL;', hash='1afaec6dd0e4f2d3436d7a55a9e522dc4a3ebd54', operation='DELETE', pgid='pgtrigger_delete_delete_c36ad', table='annotate_flag', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('overlap__gte', 1), ('overlap__lte', 50)), name='project_overlap_in_range'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_projectevent" ("created_at", "guidelines", "id", "language", "name", "overlap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rubric_id", "slug", "uid") VALUES (NEW."created_at", NEW."guidelines", NEW."id", NEW."language", NEW."name", NEW."overlap", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."rubric_id", NEW."slug", NEW."uid"); RETURN NULL;', hash='1c9e333081385d5031a41679b5b11d06cabaedf8', operation='INSERT', pgid='pgtrigger_insert_insert_c99ce', table='annotate_project', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "annotate_projectevent" ("created_at", "guidelines", "id", "language", "name", "overlap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rubric_id", "slug", "uid") VALUES (NEW."created_at", NEW."guidelines", NEW."id", NEW."language", NEW."name", NEW."overlap", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."rubric_id", NEW."slug", NEW."uid"); RETURN NULL;', hash='856ca257ee4b8c0fc9f018a32097d2b8ccc8f0ef', operation='UPDATE', pgid='pgtrigger_update_update_58879', table='annotate_project', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_projectevent" ("created_at", "guidelines", "id", "language", "name", "overlap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rubric_id", "slug", "uid") VALUES (OLD."created_at", OLD."guidelines", OLD."id", OLD."language", OLD."name", OLD."overlap", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rubric_id", OLD."slug", OLD."uid"); RETURN NULL;', hash='bd246da2ab76be7aad50d559b1c5fd920a10d3ab', operation='DELETE', pgid='pgtrigger_delete_delete_f9d8b', table='annotate_project', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='dimension',
            constraint=models.UniqueConstraint(fields=('rubric', 'key'), name='dimension_key_once'),
        ),
        migrations.AddConstraint(
            model_name='dimension',
            constraint=models.UniqueConstraint(fields=('rubric', 'position'), name='dimension_order'),
        ),
        migrations.AddConstraint(
            model_name='dimension',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['local', 'global'])), name='dimension_scope_known'),
        ),
        migrations.AddConstraint(
            model_name='dimension',
            constraint=models.CheckConstraint(condition=models.Q(('maximum__lte', 100), ('minimum__gte', -10), ('minimum__lt', models.F('maximum'))), name='dimension_scale_has_levels'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='batch_name_once_per_project'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('project',), name='batch_one_default_per_project'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('overlap__gte', 1), ('overlap__lte', models.F('overlap_limit')), ('overlap_limit__lte', 50)), name='batch_overlap_in_range'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('preference_scale__gte', 1), ('preference_scale__lte', 3)), name='batch_preference_scale_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_batchevent" ("created_at", "guideline_version", "id", "is_default", "languages", "name", "overlap", "overlap_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preference_scale", "priority", "project_id", "purpose", "reopen_allowed", "rubric_id", "state", "teams", "tie_allowed", "uid") VALUES (NEW."created_at", NEW."guideline_version", NEW."id", NEW."is_default", NEW."languages", NEW."name", NEW."overlap", NEW."overlap_limit", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."preference_scale", NEW."priority", NEW."project_id", NEW."purpose", NEW."reopen_allowed", NEW."rubric_id", NEW."state", NEW."teams", NEW."tie_allowed", NEW."uid"); RETURN NULL;', hash='93d6bdb52a53d188731ced6e4e4024d1b95876f5', operation='INSERT', pgid='pgtrigger_insert_insert_e4752', table='annotate_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "annotate_batchevent" ("created_at", "guideline_version", "id", "is_default", "languages", "name", "overlap", "overlap_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preference_scale", "priority", "project_id", "purpose", "reopen_allowed", "rubric_id", "state", "teams", "tie_allowed", "uid") VALUES (NEW."created_at", NEW."guideline_version", NEW."id", NEW."is_default", NEW."languages", NEW."name", NEW."overlap", NEW."overlap_limit", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."preference_scale", NEW."priority", NEW."project_id", NEW."purpose", NEW."reopen_allowed", NEW."rubric_id", NEW."state", NEW."teams", NEW."tie_allowed", NEW."uid"); RETURN NULL;', hash='ceb4066dcfbb4061ba8a436b01f8e1f0d2825ac1', operation='UPDATE', pgid='pgtrigger_update_update_c0969', table='annotate_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_batchevent" ("created_at", "guideline_version", "id", "is_default", "languages", "name", "overlap", "overlap_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preference_scale", "priority", "project_id", "purpose", "reopen_allowed", "rubric_id", "state", "teams", "tie_allowed", "uid") VALUES (OLD."created_at", OLD."guideline_version", OLD."id", OLD."is_default", OLD."languages", OLD."name", OLD."overlap", OLD."overlap_limit", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."preference_scale", OLD."priority", OLD."project_id", OLD."purpose", OLD."reopen_allowed", OLD."rubric_id", OLD."state", OLD."teams", OLD."tie_allowed", OLD."uid"); RETURN NULL;', hash='313a68525c2f847431c68b05488e035cec902826', operation='DELETE', pgid='pgtrigger_delete_delete_43e62', table='annotate_batch', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='scorerrun',
            constraint=models.UniqueConstraint(fields=('project', 'scorer', 'model', 'revision', 'configuration_sha256', 'dtype', 'image_budget'), name='scorer_run_once_per_configuration'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.UniqueConstraint(fields=('run', 'response', 'dimension'), name='score_once_per_run_and_response', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('error_code', ''), ('value__isnull', False)), models.Q(('error_code__gt', ''), ('value__isnull', True)), _connector='OR'), name='score_value_or_error'),
        ),
        migrations.AddConstraint(
            model_name='steplabel',
            constraint=models.UniqueConstraint(fields=('submission', 'response', 'index'), name='step_label_once'),
        ),
        migrations.AddConstraint(
            model_name='steplabel',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', -1), ('value__lte', 1)), name='step_label_on_scale'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='steplabel',
            trigger=pgtrigger.compiler.Trigger(name='step_label_insert_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b32483c5f5441fceeb1e0f786a6713e9c2f565b1', operation='UPDATE OR DELETE', pgid='pgtrigger_step_label_insert_only_f721a', table='annotate_steplabel', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at__isnull', True)), fields=('conversation',), name='review_one_open_per_conversation'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('revealed_at__isnull', True), ('blind__isnull', False), _connector='OR'), name='review_reveal_only_after_blind_verdict'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('outcome', '')), models.Q(('final__isnull', False), ('finished_at__isnull', False), ('outcome__gt', '')), _connector='OR'), name='review_finished_with_outcome'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='review',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."blind_id" IS DISTINCT FROM (NEW."blind_id") OR OLD."comment" IS DISTINCT FROM (NEW."comment") OR OLD."final_id" IS DISTINCT FROM (NEW."final_id") OR OLD."finished_at" IS DISTINCT FROM (NEW."finished_at") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome"))', func='INSERT INTO "annotate_reviewevent" ("blind_id", "comment", "final_id", "finished_at", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."blind_id", NEW."comment", NEW."final_id", NEW."finished_at", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='71f922fa7e42cda8efa5e7179285b90c5c47573a', operation='UPDATE', pgid='pgtrigger_update_update_c8de0', table='annotate_review', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='review',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_reviewevent" ("blind_id", "comment", "final_id", "finished_at", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."blind_id", OLD."comment", OLD."final_id", OLD."finished_at", OLD."outcome", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='2f2abc96d9ca87d7e09085e999c11358108a05ef', operation='DELETE', pgid='pgtrigger_delete_delete_eeffc', table='annotate_review', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='rating',
            constraint=models.UniqueConstraint(fields=('submission', 'response', 'dimension'), name='rating_once'),
        ),
        migrations.AddConstraint(
            model_name='rating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['rated', 'defaulted']), ('value__isnull', False)), models.Q(('state__in', ['not_applicable', 'unable']), ('value__isnull', True)), _connector='OR'), name='rating_value_exactly_when_given'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rating',
            trigger=pgtrigger.compiler.Trigger(name='rating_insert_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='52c37f10c9d985639a85c5ff52d8beab1e126285', operation='UPDATE OR DELETE', pgid='pgtrigger_rating_insert_only_05db1', table='annotate_rating', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('left__isnull', True), ('response__isnull', False), ('right__isnull', True)), models.Q(('left__isnull', False), ('left__lt', models.F('right')), ('response__isnull', True), ('right__isnull', False)), _connector='OR'), name='note_on_a_response_or_a_pair'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('image__isnull', False), ('kind', 'image')), models.Q(models.Q(('kind', 'image'), _negated=True), ('image__isnull', True)), _connector='OR'), name='note_image_exactly_for_image_notes'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('text__gt', '')), name='note_is_not_empty'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='note_insert_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6dc8359f032b0ba64801826bc5f33ec8fbae9a2f', operation='UPDATE OR DELETE', pgid='pgtrigger_note_insert_only_c452d', table='annotate_note', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(('left__lt', models.F('right'))), name='comparison_pair_is_ordered'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(('preference__gte', -3), ('preference__lte', 3)), name='comparison_preference_on_scale'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['local', 'global'])), name='comparison_scope_known'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.UniqueConstraint(fields=('submission', 'scope', 'left', 'right', 'dimension'), name='comparison_once', nulls_distinct=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='comparison',
            trigger=pgtrigger.compiler.Trigger(name='comparison_insert_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='99b729609345123101f61f7270fd234fdd835198', operation='UPDATE OR DELETE', pgid='pgtrigger_comparison_insert_only_8f496', table='annotate_comparison', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['batch', 'rank', 'id'], name='task_by_batch'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('open_slots__gt', 0)), fields=['batch', 'rank', 'id'], name='task_claimable'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('open_slots__gte', 0), ('open_slots__lte', models.F('overlap'))), name='task_open_slots_within_overlap'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('probability__gt', 0), ('probability__lte', 1)), name='task_probability_is_one'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='task',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."asks" IS DISTINCT FROM (NEW."asks") OR OLD."overlap" IS DISTINCT FROM (NEW."overlap") OR OLD."rank" IS DISTINCT FROM (NEW."rank"))', func='INSERT INTO "annotate_taskevent" ("asks", "overlap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank") VALUES (NEW."asks", NEW."overlap", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."rank"); RETURN NULL;', hash='bbb356b41d60bff122a37ac93ec4fbdf020391d3', operation='UPDATE', pgid='pgtrigger_update_update_edd1e', table='annotate_task', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='task',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_taskevent" ("asks", "overlap", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank") VALUES (OLD."asks", OLD."overlap", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rank"); RETURN NULL;', hash='81cdaa09b621207cad85eec952256056ce046d0b', operation='DELETE', pgid='pgtrigger_delete_delete_262c0', table='annotate_task', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignment__isnull', False), ('idempotency_key__gt', ''), ('origin', 'live')), models.Q(models.Q(('origin', 'live'), _negated=True), ('assignment__isnull', True)), _connector='OR'), name='submission_live_has_assignment'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', 'live')), fields=('assignment', 'revision'), name='submission_revision_once'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', 'live')), fields=('assignment', 'idempotency_key'), name='submission_key_once'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', 'live'), _negated=True), fields=('task', 'annotator', 'origin', 'revision'), name='submission_other_revision_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='submission',
            trigger=pgtrigger.compiler.Trigger(name='submission_insert_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='deef1886fc7cfbffdd8d4553699a8f41fb9835bd', operation='UPDATE OR DELETE', pgid='pgtrigger_submission_insert_only_7f2d9', table='annotate_submission', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['annotator', 'project', '-id'], name='assignment_of_person'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['project', 'lease_expires_at'], name='assignment_expiring'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('task', 'annotator'), name='assignment_once_per_person'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('annotator', 'project', 'hand'), name='assignment_one_live_per_hand'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('hand__gte', 1), ('hand__lte', 2)), name='assignment_two_hands'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('status', 'active')), models.Q(models.Q(('status', 'active'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='assignment_closed_exactly_when_over'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."lease_number" IS DISTINCT FROM (NEW."lease_number") OR OLD."status" IS DISTINCT FROM (NEW."status"))', func='INSERT INTO "annotate_assignmentevent" ("annotator_id", "lease_expires_at", "lease_number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "skip_reason", "status") VALUES (NEW."annotator_id", NEW."lease_expires_at", NEW."lease_number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."skip_reason", NEW."status"); RETURN NULL;', hash='b0c744f24dc1aff69ab9b22ccf8852953300d547', operation='UPDATE', pgid='pgtrigger_update_update_eb2df', table='annotate_assignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "annotate_assignmentevent" ("annotator_id", "lease_expires_at", "lease_number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "skip_reason", "status") VALUES (OLD."annotator_id", OLD."lease_expires_at", OLD."lease_number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."skip_reason", OLD."status"); RETURN NULL;', hash='9c6322cc92ac3eb219eedd08d73638b8832af83b', operation='DELETE', pgid='pgtrigger_delete_delete_e8e9b', table='annotate_assignment', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='taskpath',
            constraint=models.UniqueConstraint(fields=('task', 'response'), name='task_path_once'),
        ),
        migrations.AddConstraint(
            model_name='taskpath',
            constraint=models.UniqueConstraint(fields=('task', 'position'), name='task_path_order'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.UniqueConstraint(fields=('conversation', 'identity'), name='turn_once_per_conversation'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.UniqueConstraint(condition=models.Q(('parent', None)), fields=('conversation',), name='turn_one_root_per_conversation'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number', 1), ('parent__isnull', True)), models.Q(('number__gt', 1), ('parent__isnull', False)), _connector='OR'), name='turn_root_is_number_one'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.UniqueConstraint(fields=('turn', 'identity'), name='response_once_per_turn'),
        ),
        migrations.AddConstraint(
            model_name='messagepart',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('response__isnull', True), ('turn__isnull', False)), models.Q(('response__isnull', False), ('turn__isnull', True)), _connector='OR'), name='part_of_a_turn_or_a_response'),
        ),
        migrations.AddConstraint(
            model_name='messagepart',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('caption', ''), ('image__isnull', True), ('kind', 'text'), ('reference', '')), models.Q(('html', ''), ('kind', 'image'), ('text', '')), _connector='OR'), name='part_is_text_or_image'),
        ),
        migrations.AddConstraint(
            model_name='messagepart',
            constraint=models.UniqueConstraint(condition=models.Q(('turn__isnull', False)), fields=('turn', 'position'), name='part_order_in_turn'),
        ),
        migrations.AddConstraint(
            model_name='messagepart',
            constraint=models.UniqueConstraint(condition=models.Q(('response__isnull', False)), fields=('response', 'position'), name='part_order_in_response'),
        ),
    ]
