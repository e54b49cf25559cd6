"""Make all tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "application_user",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_application_user")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "device_certificate",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("serial_number", sa.String(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_device_certificate")),
    )
    op.create_index(op.f("ix_device_certificate_device"), "device_certificate", ["device"], unique=False)
    op.create_index(op.f("ix_device_certificate_expires_at"), "device_certificate", ["expires_at"], unique=False)
    op.create_table(
        "trust_list",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("mode", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trust_list")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trust_list_hash"), "trust_list", ["hash"])
    op.create_table(
        "call_detail_record",
        sa.Column(
            "record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("origination_time", sa.BigInteger(), nullable=False),
        sa.Column("answer_time", sa.BigInteger(), nullable=True),
        sa.Column("end_time", sa.BigInteger(), nullable=False),
        sa.Column("calling_number", sa.String(), nullable=False),
        sa.Column("calling_name", sa.String(), nullable=False),
        sa.Column("calling_device", sa.String(), nullable=False),
        sa.Column("originally_called_number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("final_called_number", sa.String(), nullable=False),
        sa.Column("final_called_device", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("calling_cause", sa.Integer(), nullable=True),
        sa.Column("called_cause", sa.Integer(), nullable=True),
        sa.Column("security_class", sa.Integer(), nullable=False),
        sa.Column("security_reason", sa.String(), nullable=False),
        sa.Column("transferred_from", sa.BigInteger(), nullable=True),
        sa.Column("transferred_to", sa.BigInteger(), nullable=True),
        sa.Column("redirecting_number", sa.String(), nullable=False),
        sa.Column("redirect_reason", sa.String(), nullable=False),
        sa.Column("features", sa.String(), nullable=False),
        sa.Column("calling_mode", sa.Integer(), nullable=True),
        sa.Column("called_mode", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_call_detail_record")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_call_detail_record_calling_number"), "call_detail_record", ["calling_number"], unique=False
    )
    op.create_index(
        op.f("ix_call_detail_record_final_called_number"),
        "call_detail_record",
        ["final_called_number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_call_detail_record_originally_called_number"),
        "call_detail_record",
        ["originally_called_number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_call_detail_record_origination_time"), "call_detail_record", ["origination_time"], unique=False
    )
    op.create_table(
        "call_manager_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_call_manager_group")),
    )
    op.create_table(
        "calling_search_space",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calling_search_space")),
    )
    op.create_table(
        "changes",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "date_time_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("date_template", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_date_time_group")),
    )
    op.create_table(
        "end_user",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("digest_credentials", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_end_user")),
    )
    op.create_table(
        "enterprise_parameter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_enterprise_parameter")),
    )
    op.create_table(
        "key_check",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_check")),
    )
    op.create_table(
        "partition",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_partition")),
    )
    op.create_table(
        "phone_security_profile",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("device_security_mode", sa.Integer(), nullable=False),
        sa.Column("transport_type", sa.String(), nullable=False),
        sa.Column("digest_authentication", sa.Boolean(), nullable=False),
        sa.Column("nonce_validity_time", sa.Integer(), nullable=False),
        sa.Column("tftp_encrypted_config", sa.Boolean(), nullable=False),
        sa.Column("exclude_digest_credentials", sa.Boolean(), nullable=False),
        sa.Column("authentication_mode", sa.String(), nullable=False),
        sa.Column("key_size", sa.String(), nullable=False),
        sa.Column("sip_phone_port", sa.Integer(), nullable=False),
        sa.Column("predefined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_phone_security_profile")),
    )
    op.create_table(
        "region",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("codec_within", sa.String(), nullable=False),
        sa.Column("codec_between", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_region")),
    )
    op.create_table(
        "server",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("ethernet_phone_port", sa.Integer(), nullable=False),
        sa.Column("sip_phone_port", sa.Integer(), nullable=False),
        sa.Column("sip_phone_secure_port", sa.Integer(), nullable=False),
        sa.Column("first_node", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server")),
    )
    op.create_table(
        "call_manager_group_servers",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["call_manager_group.name"],
            name=op.f("fk_call_manager_group_servers_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["server.name"],
            name=op.f("fk_call_manager_group_servers_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_call_manager_group_servers")),
    )
    op.create_index(
        op.f("ix_call_manager_group_servers_value"), "call_manager_group_servers", ["value"], unique=False
    )
    op.create_table(
        "calling_search_space_partitions",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["calling_search_space.name"],
            name=op.f("fk_calling_search_space_partitions_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["partition.name"],
            name=op.f("fk_calling_search_space_partitions_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_calling_search_space_partitions")),
    )
    op.create_index(
        op.f("ix_calling_search_space_partitions_value"),
        "calling_search_space_partitions",
        ["value"],
        unique=False,
    )
    op.create_table(
        "date_time_group_ntp_servers",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["date_time_group.name"],
            name=op.f("fk_date_time_group_ntp_servers_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_date_time_group_ntp_servers")),
    )
    op.create_table(
        "device_pool",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("call_manager_group", sa.String(), nullable=False),
        sa.Column("date_time_group", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_manager_group"],
            ["call_manager_group.name"],
            name=op.f("fk_device_pool_call_manager_group"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["date_time_group"],
            ["date_time_group.name"],
            name=op.f("fk_device_pool_date_time_group"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region"],
            ["region.name"],
            name=op.f("fk_device_pool_region"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device_pool")),
    )
    op.create_index(op.f("ix_device_pool_call_manager_group"), "device_pool", ["call_manager_group"], unique=False)
    op.create_index(op.f("ix_device_pool_date_time_group"), "device_pool", ["date_time_group"], unique=False)
    op.create_index(op.f("ix_device_pool_region"), "device_pool", ["region"], unique=False)
    op.create_table(
        "pickup_group",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_pickup_group_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_pickup_group")),
    )
    op.create_index(op.f("ix_pickup_group_partition"), "pickup_group", ["partition"], unique=False)
    op.create_table(
        "directory_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("alerting_name", sa.String(), nullable=False),
        sa.Column("calling_search_space", sa.String(), nullable=True),
        sa.Column("forward_all", sa.String(), nullable=False),
        sa.Column("forward_busy", sa.String(), nullable=False),
        sa.Column("forward_no_answer", sa.String(), nullable=False),
        sa.Column("forward_unregistered", sa.String(), nullable=False),
        sa.Column("no_answer_ring_duration", sa.Integer(), nullable=False),
        sa.Column("forward_search_space", sa.String(), nullable=True),
        sa.Column("pickup_group_number", sa.String(), nullable=True),
        sa.Column("pickup_group_partition", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calling_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_directory_number_calling_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["forward_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_directory_number_forward_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_directory_number_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["pickup_group_number", "pickup_group_partition"],
            ["pickup_group.number", "pickup_group.partition"],
            name=op.f("fk_directory_number_pickup_group_number_pickup_group_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_directory_number")),
    )
    op.create_index(
        op.f("ix_directory_number_calling_search_space"),
        "directory_number",
        ["calling_search_space"],
        unique=False,
    )
    op.create_index(
        op.f("ix_directory_number_forward_search_space"),
        "directory_number",
        ["forward_search_space"],
        unique=False,
    )
    op.create_index(op.f("ix_directory_number_partition"), "directory_number", ["partition"], unique=False)
    op.create_index(
        op.f("ix_directory_number_pickup_group_number"), "directory_number", ["pickup_group_number"], unique=False
    )
    op.create_index(
        op.f("ix_directory_number_pickup_group_partition"),
        "directory_number",
        ["pickup_group_partition"],
        unique=False,
    )
    op.create_table(
        "message_waiting",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("new_messages", sa.Integer(), nullable=False),
        sa.Column("old_messages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number", "partition"],
            ["directory_number.number", "directory_number.partition"],
            name=op.f("fk_message_waiting_number_partition"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_message_waiting")),
    )
    op.create_table(
        "job",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_state"), "job", ["state"], unique=False)
    op.create_table(
        "job_item",
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["job.number"], name=op.f("fk_job_item_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "position", name=op.f("pk_job_item")),
    )
    op.create_table(
        "line_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("distribution_algorithm", sa.String(), nullable=False),
        sa.Column("rna_reversion_timeout", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_line_group")),
    )
    op.create_table(
        "line_group_members",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value_number", sa.String(), nullable=True),
        sa.Column("value_partition", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["line_group.name"],
            name=op.f("fk_line_group_members_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value_number", "value_partition"],
            ["directory_number.number", "directory_number.partition"],
            name=op.f("fk_line_group_members_value_number_value_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_line_group_members")),
    )
    op.create_index(
        op.f("ix_line_group_members_value_number"), "line_group_members", ["value_number"], unique=False
    )
    op.create_index(
        op.f("ix_line_group_members_value_partition"), "line_group_members", ["value_partition"], unique=False
    )
    op.create_table(
        "hunt_pilot",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("maximum_hunt_timer", sa.Integer(), nullable=False),
        sa.Column("forward_no_answer", sa.String(), nullable=False),
        sa.Column("forward_busy", sa.String(), nullable=False),
        sa.Column("forward_search_space", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["forward_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_hunt_pilot_forward_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_hunt_pilot_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_hunt_pilot")),
    )
    op.create_index(
        op.f("ix_hunt_pilot_forward_search_space"), "hunt_pilot", ["forward_search_space"], unique=False
    )
    op.create_index(op.f("ix_hunt_pilot_partition"), "hunt_pilot", ["partition"], unique=False)
    op.create_table(
        "hunt_pilot_hunt_list",
        sa.Column("owner_number", sa.String(), nullable=False),
        sa.Column("owner_partition", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_number", "owner_partition"],
            ["hunt_pilot.number", "hunt_pilot.partition"],
            name=op.f("fk_hunt_pilot_hunt_list_owner_number_owner_partition"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["line_group.name"],
            name=op.f("fk_hunt_pilot_hunt_list_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint(
            "owner_number", "owner_partition", "position", name=op.f("pk_hunt_pilot_hunt_list")
        ),
    )
    op.create_index(op.f("ix_hunt_pilot_hunt_list_value"), "hunt_pilot_hunt_list", ["value"], unique=False)
    op.create_table(
        "park_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("reversion_number", sa.String(), nullable=False),
        sa.Column("reversion_search_space", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_park_number_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reversion_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_park_number_reversion_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("number", "partition", name=op.f("pk_park_number")),
    )
    op.create_index(op.f("ix_park_number_partition"), "park_number", ["partition"], unique=False)
    op.create_index(
        op.f("ix_park_number_reversion_search_space"), "park_number", ["reversion_search_space"], unique=False
    )
    op.create_table(
        "auto_registration",
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("last", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("device_pool", sa.String(), nullable=False),
        sa.Column("calling_search_space", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calling_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_auto_registration_calling_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["device_pool"],
            ["device_pool.name"],
            name=op.f("fk_auto_registration_device_pool"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["partition"],
            ["partition.name"],
            name=op.f("fk_auto_registration_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["server"],
            ["server.name"],
            name=op.f("fk_auto_registration_server"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_auto_registration")),
    )
    op.create_index(
        op.f("ix_auto_registration_calling_search_space"),
        "auto_registration",
        ["calling_search_space"],
        unique=False,
    )
    op.create_index(op.f("ix_auto_registration_device_pool"), "auto_registration", ["device_pool"], unique=False)
    op.create_index(op.f("ix_auto_registration_partition"), "auto_registration", ["partition"], unique=False)
    op.create_index(op.f("ix_auto_registration_server"), "auto_registration", ["server"], unique=False)
    op.create_table(
        "role",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("predefined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_role")),
    )
    op.create_table(
        "user_group",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("predefined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_user_group")),
    )
    op.create_table(
        "role_permissions",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["role.name"],
            name=op.f("fk_role_permissions_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_role_permissions")),
    )
    op.create_table(
        "user_group_roles",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["user_group.name"],
            name=op.f("fk_user_group_roles_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["role.name"],
            name=op.f("fk_user_group_roles_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_user_group_roles")),
    )
    op.create_index(op.f("ix_user_group_roles_value"), "user_group_roles", ["value"], unique=False)
    op.create_table(
        "application_user_user_groups",
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_name"],
            ["application_user.name"],
            name=op.f("fk_application_user_user_groups_owner_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["user_group.name"],
            name=op.f("fk_application_user_user_groups_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_name", "position", name=op.f("pk_application_user_user_groups")),
    )
    op.create_index(
        op.f("ix_application_user_user_groups_value"), "application_user_user_groups", ["value"], unique=False
    )
    op.create_table(
        "end_user_user_groups",
        sa.Column("owner_user_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_user_id"],
            ["end_user.user_id"],
            name=op.f("fk_end_user_user_groups_owner_user_id"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["value"],
            ["user_group.name"],
            name=op.f("fk_end_user_user_groups_value"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("owner_user_id", "position", name=op.f("pk_end_user_user_groups")),
    )
    op.create_index(op.f("ix_end_user_user_groups_value"), "end_user_user_groups", ["value"], unique=False)
    op.create_table(
        "access_token",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["application_user.name"],
            name=op.f("fk_access_token_user"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_access_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_token_digest")),
    )
    op.create_table(
        "service_parameter",
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server"],
            ["server.name"],
            name=op.f("fk_service_parameter_server"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("server", "service", "name", name=op.f("pk_service_parameter")),
    )
    op.create_table(
        "service_state",
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("activated", sa.Boolean(), nullable=False),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server"],
            ["server.name"],
            name=op.f("fk_service_state_server"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("server", "service", name=op.f("pk_service_state")),
    )
    op.create_table(
        "phone",
        sa.Column("device_name", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("security_profile", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("device_pool", sa.String(), nullable=False),
        sa.Column("calling_search_space", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("digest_user", sa.String(), nullable=True),
        sa.Column("do_not_disturb", sa.String(), nullable=False),
        sa.Column("certificate_operation", sa.String(), nullable=False),
        sa.Column("authentication_string", sa.LargeBinary(), nullable=True),
        sa.Column("operation_completes_by", sa.String(), nullable=False),
        sa.Column("operation_status", sa.String(), nullable=False),
        sa.Column("load_information", sa.String(), nullable=False),
        sa.Column("built_in_bridge", sa.String(), nullable=False),
        sa.Column("phone_password", sa.LargeBinary(), nullable=True),
        sa.Column("symmetric_key", sa.LargeBinary(), nullable=True),
        sa.Column("pc_port", sa.String(), nullable=False),
        sa.Column("settings_access", sa.String(), nullable=False),
        sa.Column("gratuitous_arp", sa.String(), nullable=False),
        sa.Column("pc_voice_vlan_access", sa.String(), nullable=False),
        sa.Column("web_access", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calling_search_space"],
            ["calling_search_space.name"],
            name=op.f("fk_phone_calling_search_space"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["device_pool"],
            ["device_pool.name"],
            name=op.f("fk_phone_device_pool"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["digest_user"],
            ["end_user.user_id"],
            name=op.f("fk_phone_digest_user"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["end_user.user_id"], name=op.f("fk_phone_owner"), onupdate="CASCADE", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["security_profile"],
            ["phone_security_profile.name"],
            name=op.f("fk_phone_security_profile"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("device_name", name=op.f("pk_phone")),
    )
    op.create_index(op.f("ix_phone_calling_search_space"), "phone", ["calling_search_space"], unique=False)
    op.create_index(op.f("ix_phone_device_pool"), "phone", ["device_pool"], unique=False)
    op.create_index(op.f("ix_phone_digest_user"), "phone", ["digest_user"], unique=False)
    op.create_index(op.f("ix_phone_owner"), "phone", ["owner"], unique=False)
    op.create_index(op.f("ix_phone_security_profile"), "phone", ["security_profile"], unique=False)
    op.create_table(
        "phone_lines",
        sa.Column("owner_device_name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("button", sa.Integer(), nullable=False),
        sa.Column("directory_number_number", sa.String(), nullable=False),
        sa.Column("directory_number_partition", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("max_calls", sa.Integer(), nullable=False),
        sa.Column("busy_trigger", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_number_number", "directory_number_partition"],
            ["directory_number.number", "directory_number.partition"],
            name=op.f("fk_phone_lines_directory_number_number_directory_number_partition"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner_device_name"],
            ["phone.device_name"],
            name=op.f("fk_phone_lines_owner_device_name"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_device_name", "position", name=op.f("pk_phone_lines")),
    )
    op.create_index(
        op.f("ix_phone_lines_directory_number_number"), "phone_lines", ["directory_number_number"], unique=False
    )
    op.create_index(
        op.f("ix_phone_lines_directory_number_partition"),
        "phone_lines",
        ["directory_number_partition"],
        unique=False,
    )
    op.create_table(
        "trusted_certificate",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "fingerprint", name=op.f("pk_trusted_certificate")),
    )
    op.create_table(
        "revoked_certificate",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_revoked_certificate")),
    )
    op.create_table(
        "held_trust_list",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"],
            ["phone.device_name"],
            name=op.f("fk_held_trust_list_device"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_held_trust_list")),
    )
    op.create_table(
        "former_password",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("application_user", sa.String(), nullable=True),
        sa.Column("end_user", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by_another", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_user"],
            ["application_user.name"],
            name=op.f("fk_former_password_application_user"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["end_user"],
            ["end_user.user_id"],
            name=op.f("fk_former_password_end_user"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_former_password")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_former_password_application_user"), "former_password", ["application_user"], unique=False
    )
    op.create_index(op.f("ix_former_password_end_user"), "former_password", ["end_user"], unique=False)
    op.create_table(
        "backup_schedule",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("weekday", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_backup_schedule")),
    )
    op.create_table(
        "kept_backup",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed_for", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_kept_backup")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "second_factor",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["application_user.name"],
            name=op.f("fk_second_factor_user"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["second_factor.user"],
            name=op.f("fk_recovery_code_user"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user", "stamp", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "lock_out",
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("noun", "name", "place", name=op.f("pk_lock_out")),
    )
    op.create_index(op.f("ix_lock_out_last_at"), "lock_out", ["last_at"], unique=False)
    op.create_table(
        "alarm",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("is_raised", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alarm")),
        sa.UniqueConstraint("name", "server", "subject", name=op.f("uq_alarm_name_server_subject")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alarm_entry",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("alarm", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alarm"], ["alarm.number"], name=op.f("fk_alarm_entry_alarm"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alarm_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alarm_entry_alarm"), "alarm_entry", ["alarm"], unique=False)
    op.create_table(
        "alarm_setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("to_log", sa.Boolean(), nullable=False),
        sa.Column("to_syslog", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alarm_setting")),
    )
